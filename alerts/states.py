"""The states of a delivery, and every step between them that Pantau can take.

collecting   takes in articles until it is due              (plan)
ready        due, and still takes in articles               (plan)
waiting      due again at `due_at`, and takes in no more    (send, circuits, a person)
sending      leased to a sender                             (send)
unknown      the receiver may have it: it is looked for there while `ended_at` is empty, and is a person's
             to judge once it is set
held         waits for an open circuit                      (circuits)
sent, failed, expired, suppressed                           over
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

State = Literal[
    "collecting", "ready", "sending", "waiting", "unknown", "held", "sent", "failed", "expired", "suppressed"
]

TERMINAL: frozenset[State] = frozenset({"sent", "failed", "expired", "suppressed"})
"""What happens to these no desk changes any more; a person may try failed and expired ones again."""

TRANSITIONS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        "collecting": frozenset({"ready", "sending", "held", "suppressed"}),
        "ready": frozenset({"sending", "held", "expired", "suppressed"}),
        "waiting": frozenset({"sending", "held", "expired", "suppressed"}),
        "sending": frozenset({"sent", "waiting", "unknown", "held", "failed", "expired", "suppressed"}),
        "unknown": frozenset({"sent", "waiting", "expired"}),
        "held": frozenset({"waiting", "suppressed"}),
        "sent": frozenset(),
        "failed": frozenset({"waiting"}),
        "expired": frozenset({"waiting"}),
        "suppressed": frozenset(),
    }
)
