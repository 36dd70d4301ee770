"""What the pages show, read from the database: a module for each page."""
