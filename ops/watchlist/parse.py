"""A watchlist's text becomes a Watchlist, or every complaint about it at once.

text → syntax.load_document → one Section per table → Declared… values → consistency.check
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from ops.watchlist.addresses import (
    header_name,
    header_value,
    secret_text,
    target,
    user,
    web_address,
)
from ops.watchlist.consistency import check, check_entities
from ops.watchlist.doubts import doubts, language_hint
from ops.watchlist.entities import catalogue_with, read_entity
from ops.watchlist.languages import is_language
from ops.watchlist.lines import Lines
from ops.watchlist.model import (
    MESSAGE_LANGUAGES,
    NOTHING_KNOWN,
    NOUNS,
    TABLES,
    TARGET_KEYS,
    Complaint,
    DeclaredChannel,
    DeclaredFeed,
    DeclaredSubscription,
    DeclaredTopic,
    Given,
    Group,
    Known,
    MessageLanguage,
    Noun,
    OnDoubt,
    Reference,
    Watchlist,
    default_subscription_name,
)
from ops.watchlist.references import parse_reference
from ops.watchlist.section import Section, Sheet
from ops.watchlist.syntax import Unreadable, load_document
from ops.watchlist.values import (
    Read,
    choice,
    duration,
    every,
    flag,
    language,
    name,
    number,
    query,
    quiet,
    source_name,
    timezone,
    topic_name,
    when,
    whole,
)
from ops.watchlist.words import Fault, one_of, shown, visible
from worker.match import parse_query
from worker.match.entities import Catalogue
from worker.secrets import Secret

T = TypeVar("T")
Parsed = tuple[Watchlist | None, list[Complaint], list[Complaint]]
_NOTHING_YET = Given(Secret(""))
_EMPTY = Fault(
    "the file declares nothing",
    f"a {TABLES} (to declare nothing on purpose: feed = [])",
)


def parse_watchlist(
    text: str, file: str, *, known: Known = NOTHING_KNOWN, served_kinds: frozenset[str] | None = None
) -> Parsed:
    """The watchlist, its complaints and its warnings, both in the order of the file's lines.

    With a complaint there is no watchlist. `file` is the name that complaints show; `known` are names that
    the file may refer to without declaring them; a channel of a kind outside `served_kinds` gives a warning.
    """
    file = visible(file)
    document = load_document(text)
    if isinstance(document, Unreadable):
        fault = document.fault
        return None, [Complaint(file, document.line, "", fault.problem, fault.expected)], []
    if not document.tables:
        return None, [Complaint(file, 1, "", _EMPTY.problem, _EMPTY.expected)], []
    sheet = Sheet(file, document.lines)
    watchlist = _watchlist(sheet, document.tables, known, served_kinds)
    return None if sheet.complaints else watchlist, _by_line(sheet.complaints), _by_line(sheet.warnings)


def read_items(
    tables: Mapping[str, list[Mapping[str, Any]]],
    *,
    known: Known = NOTHING_KNOWN,
    served_kinds: frozenset[str] | None = None,
) -> Parsed:
    """The same for items that stand in no file, such as what a form or a program gives: by their noun, each as its
    pairs. All complaints are of line 1; the key tells what each is about (`Complaint.field`)."""
    sheet = Sheet("", Lines({}))
    watchlist = _watchlist(
        sheet, {noun: [dict(item) for item in items] for noun, items in tables.items()}, known, served_kinds
    )
    return None if sheet.complaints else watchlist, sheet.complaints, sheet.warnings


def parse_entities(text: str, file: str, known: Known = NOTHING_KNOWN) -> Parsed:
    """A file that declares entities and nothing else, as `parse_watchlist` reads a watchlist."""
    file = visible(file)
    document = load_document(text)
    if isinstance(document, Unreadable):
        fault = document.fault
        return None, [Complaint(file, document.line, "", fault.problem, fault.expected)], []
    sheet = Sheet(file, document.lines)
    for key in document.tables:
        if key != "entity":
            sheet.complain(
                (key,), "", Fault(f"{shown(key)} is not part of a pack", "[[entity]] tables alone")
            )
    entities = _each(sheet, document.tables, "entity", read_entity)
    catalogue_with(entities, known)
    check_entities(sheet, entities)
    watchlist = Watchlist(entities=_values(entities))
    return None if sheet.complaints else watchlist, _by_line(sheet.complaints), _by_line(sheet.warnings)


def _watchlist(
    sheet: Sheet, tables: Mapping[str, Any], known: Known, served_kinds: frozenset[str] | None
) -> Watchlist:
    for key in tables:
        if key not in NOUNS:
            _refuse_table(sheet, key)
    feeds = _each(sheet, tables, "feed", _feed)
    entities = _each(sheet, tables, "entity", read_entity)
    catalogue = catalogue_with(entities, known)
    topics = _each(sheet, tables, "topic", lambda section: _topic(section, catalogue))
    channels = _each(sheet, tables, "channel", _channel)
    subscriptions = _each(sheet, tables, "subscription", _subscription)
    check(sheet, feeds, entities, topics, channels, subscriptions, known, served_kinds)
    return Watchlist(
        _values(feeds), _values(topics), _values(channels), _values(subscriptions), _values(entities)
    )


def _each(
    sheet: Sheet, tables: Mapping[str, Any], noun: Noun, read: Callable[[Section], T]
) -> list[tuple[Section, T]]:
    """Every `[[noun]]` of the file with the value it declares."""
    raw = tables.get(noun, [])
    if not isinstance(raw, list):
        wrong = f"[{noun}] is a single table" if isinstance(raw, dict) else f"{noun} is not a table"
        sheet.complain(
            (noun,), "", Fault(wrong, f"[[{noun}]], with two brackets on each side, before each {noun}")
        )
        return []
    found: list[tuple[Section, T]] = []
    for index, values in enumerate(raw):
        if isinstance(values, dict):
            section = Section(sheet, noun, (noun, index), values)
            found.append((section, read(section)))
            section.finish()
        else:
            sheet.complain(
                (noun, index), f"[[{noun}]]", Fault(f"{shown(values)} is not a table", "key = value pairs")
            )
    return found


def _values(found: list[tuple[Section, T]]) -> tuple[T, ...]:
    return tuple(value for _, value in found)


def _by_line(complaints: list[Complaint]) -> list[Complaint]:
    return sorted(complaints, key=lambda complaint: complaint.line)


def _refuse_table(sheet: Sheet, key: str) -> None:
    sheet.complain((key,), "", Fault(f"{shown(key)} is not part of a watchlist", TABLES, key, NOUNS))


def _doubt_language(section: Section, key: str, code: str, *inside: int) -> None:
    """Three letters may be the code of a language that we have never heard of."""
    if code and not is_language(code):
        section.warn(key, Fault(f"no language has the code {shown(code)}{language_hint(code)}"), *inside)


def _feed(section: Section) -> DeclaredFeed:
    url, called = section.need("url", web_address), section.take("name", source_name, "")
    shortest, longest = section.take("every", every("5s", "30d"), (0.0, 0.0))
    feed = DeclaredFeed(
        url=url,
        name=called,
        every_s=shortest or None if shortest == longest else None,
        within_s=(shortest, longest) if shortest != longest else None,
        full_text=section.take("full_text", flag, True),
        tags=section.take_all("tags", source_name),
        language=section.take("language", language, "") or None,
        user=section.take("user", user, ""),
        password=_password(section),
        headers=_headers(section),
        pace=_pace(section),
    )
    _doubt_language(section, "language", feed.language or "")
    return feed


_PACE: Mapping[str, Read[float]] = {
    "connections": whole(1, 16),
    "per_second": number(0.01, 100),
    "burst": whole(1, 200),
}


def _pace(section: Section) -> tuple[tuple[str, float], ...]:
    """How the feed's site may be asked, in the order of the reference."""
    given = section.table("pace")
    for key in given:
        if key not in _PACE:
            section.complain(
                "pace", Fault(f"{shown(key)} is no part of a pace", one_of(tuple(_PACE)), key, tuple(_PACE))
            )
    found = {key: read(given[key]) for key, read in _PACE.items() if key in given}
    for key, value in found.items():
        if isinstance(value, Fault):
            section.complain("pace", value, key)
    return tuple((key, value) for key, value in found.items() if not isinstance(value, Fault))


def _password(section: Section) -> Reference | None:
    password = _reference(section, "password", secret_text)
    if password is not None and not section.values.get("user"):
        section.complain("password", Fault("stands without a user", 'user = "…" beside it'))
    return password


def _headers(section: Section) -> tuple[tuple[str, Reference], ...]:
    found: dict[str, tuple[str, Reference]] = {}
    for key, raw in section.table("headers").items():
        header, value = header_name(key), _referenced(raw, header_value)
        for fault in (header, value):
            if isinstance(fault, Fault):
                section.complain("headers", fault, key)
        if isinstance(header, str) and not isinstance(value, Fault):
            _add_header(section, found, header, value)
    return tuple(found.values())


def _add_header(
    section: Section, found: dict[str, tuple[str, Reference]], header: str, value: Reference
) -> None:
    if header.lower() in found:
        section.complain("headers", Fault(f"{shown(header)} is given twice", "each header once"), header)
    if header.lower() == "authorization" and section.values.get("user"):
        fault = Fault(
            "Authorization is given, and `user` as well", "one of them; `user` makes the same header"
        )
        section.complain("headers", fault, header)
    found.setdefault(header.lower(), (header, value))


def _topic(section: Section, catalogue: Catalogue) -> DeclaredTopic:
    topic = DeclaredTopic(
        name=section.need("name", topic_name),
        query=section.need("query", query(catalogue)),
        tags=section.take_all("tags", name),
    )
    if topic.query:
        for doubt in doubts(parse_query(topic.query, catalogue)):
            section.warn("query", Fault(visible(str(doubt))))
    return topic


def _channel(section: Section) -> DeclaredChannel:
    called = section.need("name", name)
    targets = {key: _reference(section, key, target(kind)) for key, kind in TARGET_KEYS.items()}
    given = [key for key in TARGET_KEYS if key in section.values]
    if len(given) != 1:
        _refuse_targets(section, given)
    key = given[0] if given else "slack"
    return DeclaredChannel(
        called,
        TARGET_KEYS[key],
        targets[key] or _NOTHING_YET,
        _signing_secret(section, given),
        cast(MessageLanguage, section.take("language", choice(MESSAGE_LANGUAGES), "en")),
    )


def _refuse_targets(section: Section, given: list[str]) -> None:
    expected = f"exactly one of {', '.join(TARGET_KEYS)}"
    if given:
        section.complain(given[1], Fault(f"a second target beside `{given[0]}`", expected))
    else:
        section.sheet.complain(section.path, "[[channel]]", Fault("has no target", expected))


def _signing_secret(section: Section, given: list[str]) -> Reference | None:
    secret = _reference(section, "secret", secret_text)
    if "secret" in section.values and given and "webhook" not in given:
        section.complain("secret", Fault(f"has no use beside `{given[0]}`", "it beside `webhook` only"))
    return secret


def _reference(section: Section, key: str, read: Read[str]) -> Reference | None:
    return section.take(key, lambda raw: _referenced(raw, read), None)


def _referenced(raw: object, read: Read[str]) -> Reference | Fault:
    """A reference, or a value that stands in the file and has to be usable as it is."""
    found = secret_text(raw)
    if isinstance(found, Fault):
        return found
    reference = parse_reference(found)
    if not isinstance(reference, Given):
        return reference
    value = read(raw)
    return value if isinstance(value, Fault) else Given(Secret(value))


def _subscription(section: Section) -> DeclaredSubscription:
    topics = section.need_some("topics", name)
    channels = section.need_some("channels", name)
    subscription = DeclaredSubscription(
        name=section.take("name", name, "") or default_subscription_name(topics, channels),
        topics=topics,
        channels=channels,
        when=section.one_or_more("when", when, ("now",)),
        timezone=section.take("timezone", timezone, "UTC"),
        quiet=section.take("quiet", quiet, "") or None,
        wait_s=section.take("wait", duration("0s", "7d"), 0.0),
        group=cast(Group, section.take("group", choice(("story", "text", "off")), "story")),
        cap_per_hour=section.take("cap_per_hour", whole(1, 1_000_000), 12),
        sources=section.take_all("sources", name),
        languages=section.take_all("languages", language),
        on_doubt=cast(OnDoubt, section.take("on_doubt", choice(("resend", "hold")), "resend")),
        urgent=section.take_all("urgent", name),
    )
    for code, place in section.items["languages"].items():
        _doubt_language(section, "languages", code, place)
    return subscription
