"""When a feed says that it need not be asked."""

from __future__ import annotations

import pytest

from worker.feeds.skipped import skipped

HOUR, DAY = "<skipHours>{}</skipHours>", "<skipDays>{}</skipDays>"
CASES = {
    "hours": (HOUR.format("<hour>0</hour> <hour> 13 </hour>"), {0, 13}, set()),
    "24 is midnight": (HOUR.format("<hour>24</hour>"), {0}, set()),
    "no hours": (HOUR.format("<hour>25</hour><hour>-1</hour><hour>x</hour>"), set(), set()),
    "days": (DAY.format("<day>Saturday</day><day>sunday</day><day>Ahad</day>"), set(), {5, 6}),
    "both": (HOUR.format("<hour>1</hour>") + DAY.format("<day>Monday</day>"), {1}, {0}),
    "an hour elsewhere": ("<item><hour>3</hour></item>", set(), set()),
    "never closed": ("<skipHours><hour>3</hour>", set(), set()),
    "endless": (HOUR.format("<hour>3</hour>" + " " * 5000), set(), set()),
    "nothing": ("", set(), set()),
}


@pytest.mark.parametrize(("text", "hours", "days"), CASES.values(), ids=CASES.keys())
def test_skipped_hours_and_days_are_read(text, hours, days):
    assert skipped(text) == (hours, days)
