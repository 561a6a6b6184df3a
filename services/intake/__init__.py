"""intake: takes dossier events from department and commune systems and states them as facts."""
