"""PURE. The self-test in words for people."""

from __future__ import annotations

from datetime import datetime

from alerts.letter import plain_text
from ops.amounts import span
from ops.causes import cause
from ops.said import Said, said
from ops.self_test import SelfTest, age_s, took_s, trouble

_LONG = 200

_STAYS = {
    "poll": said("the poll desk has not seen it"),
    "read": said("the read desk has not read it"),
    "plan": said("the plan desk has not decided on it"),
    "send": said("the send desk has not sent it"),
}


def where_it_stays(test: SelfTest | None, now: datetime) -> Said | None:
    """That the self-test does not come through, and at which desk it stays; None where all is well or it is off."""
    stopped = trouble(test, now)
    if stopped is None:
        return None
    since = span(stopped.for_s)
    if stopped.step == "tick":
        return said("The last self-test was begun {span} ago, and none since.", span=since)
    where = _STAYS[stopped.step]
    if stopped.reason is None:
        return said("The self-test of {span} ago does not come through: {where}.", span=since, where=where)
    return said(
        "The self-test of {span} ago does not come through: {where} ({cause}).",
        span=since,
        where=where,
        cause=cause(plain_text(stopped.reason, _LONG)),
    )


def came_through(test: SelfTest | None, now: datetime) -> Said | str:
    """When an article of our own came through last, as a sentence; "" where there is nothing to say."""
    age = None if test is None else age_s(test, now)
    if test is None or test.through is None or age is None:
        return ""
    whole = sum(took_s(test.through).values())
    return said("The self-test came through {age} ago, in {span}.", age=span(age), span=span(whole))


def by_desk(test: SelfTest | None, now: datetime) -> Said | str:
    """When it came through last, and how long each desk took; "" where it is off."""
    age = None if test is None else age_s(test, now)
    if test is None:
        return ""
    if test.through is None or age is None:
        return said("has not come through yet")
    spent = ", ".join(f"{desk} {seconds:.1f} s" for desk, seconds in took_s(test.through).items())
    return said("came through {age} ago ({desks})", age=span(age), desks=spent)
