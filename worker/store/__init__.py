"""DOOR: the only SQL of the world's tables (feeds, entries, articles, topics, matches).

Functions take an open connection and leave the transaction's border to the desk that calls them.
Leases are judged by the database's clock alone; `lease_token` fences late finishers.
"""
