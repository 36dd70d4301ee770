"""Articles whose text somebody doubts: what is reported of it, and its page, to be read again and looked at. One set of
rules for pages and programs, each written down in the audit log within its own transaction.
"""

from __future__ import annotations

from alerts.letter import plain_text, safe_link
from ops.said import Said, said
from ops.store import audit_log
from ops.store.pages import articles
from ops.store.tracing import Trail, trail_of
from worker.store.engine import Connection

LONGEST_REPORT = 1_000


def wrong_report(text: str) -> Said | str:
    """Why this says nothing of use; "": it does."""
    if not text:
        return said("Say in a few words what is wrong: what is missing, or what does not belong there.")
    if len(text) > LONGEST_REPORT:
        return said("At most {n} characters; this has {has}.", n=f"{LONGEST_REPORT:,}", has=f"{len(text):,}")
    return ""


def report(connection: Connection, number: int, account: str, text: str, by: str) -> bool:
    """Keeps what an account says is wrong with an article's text, in place of what it said before; False where there is
    no such article. The caller has asked `wrong_report`."""
    trail = trail_numbered(connection, number)
    if trail is None or trail.article is None:
        return False
    articles.report(connection, number, account, text, trail.article["method"])
    audit_log.note(connection, by, "reported", "article", name_of(connection, number), None, {"said": text})
    return True


def page_to_read(connection: Connection, number: int, by: str) -> str | None:
    """The link of an article whose page somebody has read again; None where there is none that can be followed."""
    trail = trail_numbered(connection, number)
    link = safe_link(trail.article["url"]) if trail is not None and trail.article is not None else None
    if link is not None:
        audit_log.note(connection, by, "read again", "article", name_of(connection, number))
    return link


def trail_numbered(connection: Connection, number: int) -> Trail | None:
    """All that is known of the article of this number; None where there is none."""
    identity = articles.identity_of(connection, number)
    return None if identity is None else trail_of(connection, (identity,), ())


def name_of(connection: Connection, number: int) -> str:
    """What the audit log calls the article: its address, which says more than its number."""
    return plain_text(articles.identity_of(connection, number) or "", 500)
