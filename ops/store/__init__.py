"""DOOR: the SQL of the machine's own tables, and the reads that span the world and the people."""
