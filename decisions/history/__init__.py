"""What happened in a case, and what the same person asked for before and since."""
