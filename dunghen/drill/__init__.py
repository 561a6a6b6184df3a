"""Drills: what a running system does while somebody changes it, judged by the log alone."""
