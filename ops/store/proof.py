"""What the demo and the journeys hold against the truth of a newsroom."""

from __future__ import annotations

from sqlalchemy import Connection, text


def matched_pairs(connection: Connection) -> tuple[set[tuple[str, str]], int]:
    """(article address, topic name) of every match, and how many articles were read."""
    rows = connection.execute(
        text("""
            SELECT r.url, t.name FROM matches m
            JOIN articles r ON r.id = m.article_id JOIN topics t ON t.id = m.topic_id
        """)
    )
    articles = connection.execute(text("SELECT count(*) FROM articles")).scalar_one()
    return {(url, name) for url, name in rows}, articles


def waiting_backlog(connection: Connection) -> int:
    """How many rows still wait at the read and plan desks."""
    waiting = """
        SELECT (SELECT count(*) FROM entries WHERE state = 'new')
             + (SELECT count(*) FROM matches WHERE state = 'new')
    """
    return int(connection.execute(text(waiting)).scalar_one())
