"""SHELL: the two desks about people. `plan` decides who hears what, `send` carries it out and keeps the ledger."""
