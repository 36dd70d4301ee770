"""What has yet to go out, asked for so that PostgreSQL finds it by index."""

from __future__ import annotations

PATIENT_ATTEMPTS = 4
"""So many attempts (5 + 10 + 20 s) a waiting message keeps its place before later ones of its channel may pass:
order through a short trouble, but no message stops the others for good."""


def yet_to_go(row: str = "deliveries") -> str:
    """Whether a row of deliveries, under this name, waits for anything: as a condition in SQL.

    Two indexes have such rows, `ix_deliveries_due` and `ix_deliveries_unsettled`. Asked for all four states at once
    PostgreSQL takes neither and walks through all deliveries that ever were, 25 to 45 ms for 200,000 instead of 1 to 5.
    """
    return f"({row}.state IN ('collecting', 'ready', 'waiting') OR {row}.state = 'held')"


def has_its_turn(row: str = "deliveries") -> str:
    """Whether a row of deliveries that is due, under this name, waits for no other message: as a condition in SQL.

    One that its receiver put off keeps its place before later ones of its channel (`claim_due`): a server for mail that
    greylists does so for minutes. And what follows a message waits until that is sent. Neither is late.
    """
    return f"""(
        NOT EXISTS (SELECT FROM deliveries s
                    WHERE s.channel_id = {row}.channel_id AND s.state = 'waiting' AND s.id < {row}.id
                      AND s.due_at > statement_timestamp() AND s.attempts < {PATIENT_ATTEMPTS})
        AND NOT EXISTS (SELECT FROM deliveries r WHERE r.id = {row}.thread_of
                        AND r.state NOT IN ('sent', 'failed', 'expired', 'suppressed')))"""  # noqa: S608  no foreign text
