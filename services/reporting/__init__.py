"""reporting: figures for the province that can be recomputed to the last dossier."""
