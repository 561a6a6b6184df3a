"""A province told twice: as its field systems send it, and counted plainly from what happened."""
