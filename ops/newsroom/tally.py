"""What the receivers were told, counted, so that nothing lost and nothing told twice can be shown. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """One accepted message, reduced to what counts.

    `to` is the mail address or the hook's path; `identity` is the sender's own name for the delivery
    (Message-ID, metadata or block id), None where it gave none; `links` are all addresses in it.
    """

    at: datetime
    to: str
    identity: str | None
    links: frozenset[str]


def doubled(receipts: Iterable[Receipt]) -> Counter[tuple[str, str]]:
    """(receiver, identity) of the deliveries that were accepted more than once, with how often."""
    named = Counter((receipt.to, receipt.identity) for receipt in receipts if receipt.identity)
    return Counter({(to, str(identity)): n for (to, identity), n in named.items() if n > 1})


def tellings(receipts: Iterable[Receipt], under: str) -> Counter[tuple[str, str]]:
    """How many messages named each article to each receiver; articles are links that start with `under`."""
    return Counter((receipt.to, link) for receipt in receipts for link in _articles(receipt, under))


def told_twice(receipts: Iterable[Receipt], under: str) -> Counter[tuple[str, str]]:
    """(receiver, article) of the articles that more than one message named, with how often."""
    return Counter({telling: n for telling, n in tellings(receipts, under).items() if n > 1})


def first_told(receipts: Iterable[Receipt], under: str) -> dict[str, datetime]:
    """When each article was first accepted by anybody."""
    first: dict[str, datetime] = {}
    for receipt in receipts:
        for link in _articles(receipt, under):
            first[link] = min(receipt.at, first.get(link, receipt.at))
    return first


def _articles(receipt: Receipt, under: str) -> Iterable[str]:
    return (link for link in receipt.links if link.startswith(under))
