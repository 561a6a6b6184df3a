"""sla: counts the promised date of every dossier and watches it."""
