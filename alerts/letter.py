"""From values to words: what a letter says, in English and Indonesian, and how foreign text is made harmless.

Titles and sentences come from strangers. What is shown passes `plain_text` or `header_text`; what is linked
passes `safe_link`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from urllib.parse import urlsplit

from alerts.digest import zone
from alerts.model import Item, Letter
from worker.errors import BadInput

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "article": "[{topics}] {title}",
        "digest_one": "Digest: 1 article on {topics}",
        "digest_many": "Digest: {n} articles on {topics}",
        "quiet_one": "From your quiet hours: 1 article on {topics}",
        "quiet_many": "From your quiet hours: {n} articles on {topics}",
        "backlog_one": "1 article that was already in the feeds you added",
        "backlog_many": "{n} articles that were already in the feeds you added",
        "older_one": "1 older article on {topics}",
        "older_many": "{n} older articles on {topics}",
        "rollup_one": "1 more article on {topics}",
        "rollup_many": "{n} more articles on {topics}",
        "repeat": "Possible repeat",
        "repeat_note": "Possible repeat: the receiver never confirmed the first copy.",
        "summary_only": "summary only: the page could not be read in time",
        "why": "You get this because {subscriptions} follows {topics}.",
        "why_topics": "You get this because you follow {topics}.",
        "published": "published {at}",
        "seen": "seen {at}",
        "times": "Times are those of {timezone}.",
        "untitled": "(without a title)",
        "rest": "and {n} more",
        "unsubscribe": "Unsubscribe",
        "your_topics": "your topics",
        "months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    },
    "id": {
        "article": "[{topics}] {title}",
        "digest_one": "Ringkasan: 1 artikel tentang {topics}",
        "digest_many": "Ringkasan: {n} artikel tentang {topics}",
        "quiet_one": "Dari jam tenang Anda: 1 artikel tentang {topics}",
        "quiet_many": "Dari jam tenang Anda: {n} artikel tentang {topics}",
        "backlog_one": "1 artikel yang sudah ada di umpan yang Anda tambahkan",
        "backlog_many": "{n} artikel yang sudah ada di umpan yang Anda tambahkan",
        "older_one": "1 artikel lama tentang {topics}",
        "older_many": "{n} artikel lama tentang {topics}",
        "rollup_one": "1 artikel lagi tentang {topics}",
        "rollup_many": "{n} artikel lagi tentang {topics}",
        "repeat": "Mungkin terkirim ulang",
        "repeat_note": "Mungkin terkirim ulang: penerima tidak pernah mengonfirmasi salinan pertama.",
        "summary_only": "hanya ringkasan: halaman tidak terbaca pada waktunya",
        "why": "Anda menerima ini karena {subscriptions} mengikuti {topics}.",
        "why_topics": "Anda menerima ini karena Anda mengikuti {topics}.",
        "published": "terbit {at}",
        "seen": "terlihat {at}",
        "times": "Waktu menurut {timezone}.",
        "untitled": "(tanpa judul)",
        "rest": "dan {n} lagi",
        "unsubscribe": "Berhenti berlangganan",
        "your_topics": "topik Anda",
        "months": "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des",
    },
}

_BLANKS = re.compile(r"\s+")
# Controls; marks, embeddings, overrides and isolates of writing direction; characters without width.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_JOINERS = re.compile("[\u200c\u200d]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNSAFE_IN_LINK = re.compile(r'[\s<>"|\\^`{}]')
_LONGEST_LINK = 3000  # Slack's limit for a URL, the smallest of those we know


def say(letter: Letter, key: str, **values: object) -> str:
    """A phrase of the catalogue in the letter's language."""
    return WORDS[letter.language][key].format(**values)


def subject(letter: Letter) -> str:
    """The letter in one line, fit for a mail header or a notification."""
    if letter.kind == "article" and len(letter.items) == 1:
        line = say(letter, "article", topics=cut(topics(letter), 60), title=title(letter.items[0], letter))
    else:
        line = heading(letter)
    return header_text(f"{say(letter, 'repeat')}: {line}" if letter.possible_repeat else line)


def heading(letter: Letter) -> str:
    """What a bundle of articles is: "12 articles that were already in the feeds you added"."""
    kind = "digest" if letter.kind == "article" else letter.kind
    count = max(letter.backlog_total, len(letter.items)) if kind == "backlog" else len(letter.items)
    named = "older" if letter.older else kind
    return say(letter, f"{named}_{'one' if count == 1 else 'many'}", n=count, topics=topics(letter))


def topics(letter: Letter) -> str:
    """The names of all topics that the letter touches, each once."""
    named = letter.topics or tuple(topic for item in letter.items for topic in item.topics)
    return _listed(named) or say(letter, "your_topics")


def title(item: Item, letter: Letter, limit: int = 250) -> str:
    """The article's title as one harmless line, never empty."""
    return plain_text(item.title, limit) or say(letter, "untitled")


def why(letter: Letter) -> str:
    """Which subscription and topics brought this letter."""
    subscriptions = _listed(f"“{name}”" for name in letter.subscriptions)
    return say(
        letter, "why" if subscriptions else "why_topics", subscriptions=subscriptions, topics=topics(letter)
    )


def lag(item: Item, letter: Letter) -> str:
    """How long the news took: "published 14:02, seen 14:03", in the letter's time zone."""
    moments = (("published", item.published_at), ("seen", item.seen_at))
    return ", ".join(say(letter, key, at=local_time(at, letter)) for key, at in moments if at is not None)


def facts(item: Item, letter: Letter) -> list[str]:
    """What stands below an article: source, topics, times, and that only the feed's summary was read."""
    noted = say(letter, "summary_only") if item.summary_only else ""
    lines = (plain_text(item.source, 80), _listed(item.topics), lag(item, letter), noted)
    return [line for line in lines if line]


def footer(letter: Letter) -> list[str]:
    """Why this came, and by which clock its times are."""
    return [why(letter), say(letter, "times", timezone=plain_text(letter.timezone, 60))]


def local_time(at: datetime, letter: Letter) -> str:
    """ "14:02" on the letter's own day, "3 Nov 14:02" on another, with the year where it is not this one."""
    where = _zone(letter)
    local, today = at.astimezone(where), letter.now.astimezone(where)
    clock = f"{local:%H:%M}"
    if local.date() == today.date():
        return clock
    month = WORDS[letter.language]["months"].split()[local.month - 1]
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local.day} {month}{year} {clock}"


def _zone(letter: Letter) -> tzinfo:
    try:
        return zone(letter.timezone)
    except BadInput:  # a letter is worth more than its clock, and the footer names the zone
        return UTC


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(shown for name in names if (shown := plain_text(name, 80))))


def plain_text(text: str, limit: int) -> str:
    """Foreign text as one line of visible characters: no controls or tricks of direction, blanks squeezed."""
    return cut(_visible(_beginning(text, limit)).strip(), limit)


def header_text(text: str, limit: int = 200) -> str:
    """Text that no mail header can be broken out of: also without joiners and encoded words (RFC 2047)."""
    shown = _JOINERS.sub("", _visible(_beginning(text, limit)))
    return cut(shown.replace("=?", "= ?").strip(), limit)


def _beginning(text: str, limit: int) -> str:
    """As much of a text as can be needed: cleaning 100 KB to show 250 letters costs milliseconds a time."""
    return text[: 8 * limit + 1000]


def _visible(text: str) -> str:
    spaced = _UNSEEN.sub("", _BLANKS.sub(" ", text))
    return _BLANKS.sub(" ", _SURROGATES.sub("\ufffd", spaced))


def cut(text: str, limit: int) -> str:
    """At most `limit` code points, with an ellipsis where something is left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def runs(text: str, marks: Iterable[tuple[int, int]], limit: int) -> list[tuple[str, bool]]:
    """The text in pieces, True for those that `marks` (spans of code points) cover.

    Harmless like `plain_text`. Marks may overlap, lie outside or stand in any order.
    """
    pieces: list[tuple[str, bool]] = []
    done, room = 0, limit
    for start, end in sorted(marks):
        start, end = max(start, done), min(end, len(text))
        if start < end:
            pieces += [(text[done:start], False), (text[start:end], True)]
            done = end
    shown: list[tuple[str, bool]] = []
    for piece, marked in [*pieces, (text[done:], False)]:
        visible = cut(_visible(_beginning(piece, room)), room) if room > 1 else ""
        room -= len(visible)
        shown += [(visible, marked)] if visible else []
    return shown


def safe_link(url: str) -> str | None:
    """The address as a link may carry it; None for what is not plainly http or https.

    No userinfo, no control characters, at most 3000 characters; what would end a link early is escaped.
    """
    link = url.strip(" ")
    if _UNSEEN.search(link) or _JOINERS.search(link) or _SURROGATES.search(link):
        return None
    link = _UNSAFE_IN_LINK.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), link)
    try:
        parts = urlsplit(link)
        proper = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    return link if proper and "@" not in parts.netloc and len(link) <= _LONGEST_LINK else None
