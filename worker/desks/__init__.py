"""SHELL: the two desks about the world. `poll` turns feeds into entries, `read` turns entries into articles and
matches. All their I/O is here; every question of judgement is asked of a pure function.
"""
