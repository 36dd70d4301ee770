"""PURE. Feeds that fail in numbers, and disks that fill, in words for people."""

from __future__ import annotations

from alerts.letter import plain_text
from ops.causes import cause
from ops.disks import GIB, Disk
from ops.fallen import Fallen
from ops.said import Said, said

_NAME, _MOST = 80, 0.5


def fallen_in_words(fallen: Fallen) -> Said:
    """How many fail, what they have in common, and whom to suspect."""
    many = said("{n} of {of} feeds fail at once", n=f"{fallen.n:,}", of=f"{fallen.of:,}")
    why = said(
        "{alike} of them alike: {cause}",
        alike=f"{fallen.alike:,}",
        cause=cause(plain_text(fallen.reason, _NAME)),
    )
    if fallen.there > _MOST * fallen.n:
        where = said(
            "{there} of them are at {host}", there=f"{fallen.there:,}", host=plain_text(fallen.host, _NAME)
        )
        return said(
            "{many} ({why}; {where}): is it their hoster, or how we get there?",
            many=many,
            why=why,
            where=where,
        )
    return said("{many} ({why}): is it our network, DNS or proxy?", many=many, why=why)


def disk_in_words(disk: Disk) -> Said:
    """What is left, and where."""
    return said(
        "{free} GiB of {size} GiB free at {place} on {host}",
        free=f"{disk.free / GIB:.1f}",
        size=f"{disk.size / GIB:,.0f}",
        place=plain_text(disk.place, _NAME),
        host=plain_text(disk.host, _NAME),
    )


def disk_trouble(disk: Disk) -> Said:
    """The same as a sentence that somebody on call reads."""
    room = disk_in_words(disk)
    if disk.level == "bad":
        return said("The disk is nearly full: {room}. A full disk stops the database.", room=room)
    return said("The disk fills up: {room}.", room=room)
