"""Tools for those who work on Pantau; nothing of it is installed."""
