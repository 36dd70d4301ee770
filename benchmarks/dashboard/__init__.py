"""How fast the dashboard answers, with much in the database."""
