"""`pantau why`: the whole trace of one article."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from alerts.letter import plain_text
from ops.cli.connected import connected
from ops.cli.delivery import UNTIL_THEN
from ops.cli.output import highlighted, json_option, print_json
from ops.moments import due_at, instant
from worker.errors import Unavailable

if TYPE_CHECKING:
    from ops.rehearsal import Rehearsed
    from ops.store.storied import Storied
    from ops.store.tracing import Trail
    from ops.tracing import Asked, Trace
    from worker.match import Explained
    from worker.model import Topic
    from worker.store.engine import Connection

FAILED, NOT_KNOWN = 1, 4
_SIGNS = {True: "+", False: "-"}


@click.command()
@click.argument("url")
@click.option("--topic", "name", metavar="NAME", help="Explain this topic, whether it matches or not.")
@click.option("--fetch", is_flag=True, help="Fetch and read the page now, without storing anything.")
@json_option
def why(url: str, name: str | None, fetch: bool, as_json: bool) -> int:
    """Tell why somebody heard of an article, or why nobody did: where it came from, how it was read, which topics it
    matches and in which words, who was told and when. Exit 4 where no feed has brought it.

    With --fetch, tell what would be made of the page now, whether a feed has brought it or not. Exit 1 where it
    cannot be read."""
    if fetch:
        return _now(url, name, as_json)
    from ops.asking import why_json
    from ops.store.storied import story_of
    from ops.store.tracing import feeds_named
    from ops.tracing import name_of_site, nearest_feeds, sentence

    with connected() as connection:
        trace = _trace(connection, url, name)
        story = None if trace.trail.article is None else story_of(connection, trace.trail.article["id"])
        near = [] if trace.known else nearest_feeds(url, feeds_named(connection, name_of_site(url)))
    if as_json:
        print_json({**why_json(trace), "story": story, "nearest_feeds": near, "sentence": sentence(trace)})
    else:
        more = "" if trace.known else " (--fetch reads it now)"
        last = f"{plain_text(sentence(trace), 1000)}{more}"
        click.echo("\n".join([*_in_words(trace, story), *_nearby(near), last]))
    return 0 if trace.known else NOT_KNOWN


def _now(url: str, name: str | None, as_json: bool) -> int:
    """Reads the page as it is now, and asks the topics of the installation, where there is one."""
    from ops.asking import asked_json
    from ops.cli.rehearsed import rehearsed_json, rehearsed_lines
    from ops.cli.steps import last_word
    from ops.tracing import made_now

    found = _rehearsed(url)
    asked, silent = _asked_now(found, name)
    last = made_now(found.problem, asked, silent)
    if as_json:
        topics = None if asked is None else [asked_json(each) for each in asked]
        print_json({**rehearsed_json(found), "topics": topics, "silent": silent, "sentence": last})
    else:
        shown = [line for each in asked or () for line in _topic(each, None)]
        click.echo("\n".join([*rehearsed_lines(found), *shown, last_word(last, good=found.read is not None)]))
    return 0 if found.read is not None else FAILED


def _rehearsed(url: str) -> Rehearsed:
    from ops import kit
    from ops.rehearsal import rehearse
    from ops.tools import make_web

    settings = kit.settings_of()

    async def once() -> Rehearsed:
        async with make_web(settings) as web:
            return await rehearse(web, url, kit.clock(), robots=settings.robots)

    return asyncio.run(once())


def _asked_now(found: Rehearsed, name: str | None) -> tuple[list[Asked] | None, int]:
    """The topics as `hold_against` gives them; None where no installation runs that has any."""
    from ops.asking import hold_against

    try:
        with connected() as connection:
            return hold_against(
                connection, found.read.article if found.read else None, None, _named(connection, name)
            )
    except Unavailable:
        return None, 0


def _trace(connection: Connection, url: str, name: str | None) -> Trace:
    from ops.asking import hold_against
    from ops.store.tracing import trail_of
    from ops.tracing import Trace, names_of

    trail = trail_of(connection, *names_of(url))
    asked, silent = hold_against(connection, trail.read, trail.topic_set, _named(connection, name))
    return Trace(url, trail, asked, silent, name)


def _named(connection: Connection, name: str | None) -> Sequence[Topic] | None:
    """The topic that was asked for; None where none was."""
    from ops.cli.topics import named

    return None if name is None else named(connection, (name,))


def _in_words(trace: Trace, story: Storied | None) -> Iterator[str]:
    from ops.cli.storied import story_lines

    trail = trace.trail
    for entry in trail.entries:
        yield from _entry(entry)
    if trail.article is not None:
        yield from _article(trail.article)
        yield from story_lines(story)
        yield from _page(trail)
    yield from _topics(trace)
    for alert in trail.alerts:
        yield from _alert(alert)
    if trail.alerts:
        yield ""
    for delivery in trail.deliveries:
        yield from _delivery(delivery)


def _entry(entry: Mapping[str, Any]) -> Iterator[str]:
    gone = ", not watched any more" if entry["feed_removed"] else f", {entry['feed_state']}"
    yield f"feed       {plain_text(entry['feed'], 80)} ({plain_text(entry['feed_url'], 200)}{gone})"
    backlog = ", in the feed when it was added" if entry["backlog"] else ""
    yield f"entry      seen {instant(entry['seen_at'])}, published {instant(entry['published_at'])}{backlog}"
    reason = f" ({plain_text(entry['reason'], 200)})" if entry["reason"] else ""
    tries = f", {entry['attempts']} readings begun" if entry["attempts"] > 1 else ""
    edits = f", edited {_times(entry['edits'])}, last {instant(entry['edited_at'])}" if entry["edits"] else ""
    yield f"           {entry['state']}{reason}{tries}{edits}"


def _article(article: Mapping[str, Any]) -> Iterator[str]:

    yield f"article    {plain_text(article['title'], 200) or '(without a title)'}"
    yield f"           {plain_text(article['identity'], 300)}"
    text = f"{article['text_length']:,} characters, language {article['language'] or 'unknown'}"
    topics = f"topic set {article['topic_set']}" if article["topic_set"] is not None else "topic set not kept"
    again = f", again {instant(article['reread_at'])}" if article["reread_at"] else ""
    yield f"read       {instant(article['read_at'])}{again}, {text}, {topics}"


def _page(trail: Trail) -> Iterator[str]:
    """How the page was had, what comes of it if it was not, and what was read before it was."""
    from ops.cli.rehearsed import notes_lines
    from worker.model import ReadingNotes

    article = trail.article
    assert article is not None
    yield f"page       {_had(article)}"
    yield from notes_lines(ReadingNotes.of(article["notes"]))
    if article["summary_only"]:
        yield from (f"           {_tried(entry)}" for entry in trail.entries if entry["page_tries"])
    for reading in trail.earlier:
        yield f"before     {instant(reading['read_at'])}, {reading['text_length']:,} characters, {_had(reading)}"
    yield ""


def _had(reading: Mapping[str, Any]) -> str:
    only = ", summary only" if reading["summary_only"] else ""
    problem = f" ({plain_text(reading['page_problem'], 200)})" if reading["page_problem"] else ""
    return f"{reading['method']}{only}{problem}"


def _tried(entry: Mapping[str, Any]) -> str:
    due = f"again at {instant(entry['page_due_at'])}" if entry["page_due_at"] else "and let be"
    return f"tried {_times(entry['page_tries'])}, {due} (`pantau articles retry` tries it now)"


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"


def _topics(trace: Trace) -> Iterator[str]:
    quotes = {match["topic"]: match["quote"] for match in trace.trail.matches}
    for asked in trace.asked:
        yield from _topic(asked, quotes.get(asked.topic.name))
    if trace.named is None and trace.trail.article is not None:
        yield f"topics     {len(trace.asked):,} match, {trace.silent:,} stay silent"
        yield ""


def _topic(asked: Asked, quote: Mapping[str, Any] | None) -> Iterator[str]:
    word = "matches" if asked.explained.holds else "does not match"
    since = ", added or changed since it was read" if asked.changed_since else ""
    yield f"topic      {plain_text(asked.topic.name, 80)} {word}{since}"
    yield from _tree(asked.explained)
    if quote is not None:
        marks = [(start, end) for start, end in quote["marks"]]
        yield f"           > {highlighted(quote['text'], marks, 300)}"
    yield ""


def _tree(part: Explained) -> Iterator[str]:
    """The query's parts, + for what holds and - for what does not, with the words."""
    from ops.tracing import parts_of

    for depth, holds, said in parts_of(part):
        yield f"           {'  ' * depth}{plain_text(f'{_SIGNS[holds]} {said}', 300)}"


def _alert(alert: Mapping[str, Any]) -> Iterator[str]:
    """Who was to hear of it where, and what became of that."""
    from ops.cli.steps import step
    from ops.outcome import outcome

    names = (plain_text(alert[key], 60) for key in ("topic", "subscription", "channel"))
    yield from step("alert", " → ".join(names), outcome(alert))


def _delivery(delivery: Mapping[str, Any]) -> Iterator[str]:
    ended = f", ended {instant(delivery['ended_at'])}" if delivery["ended_at"] else ""
    repeat = ", may be a repeat" if delivery["possible_repeat"] else ""
    due = due_at(delivery)
    yield (
        f"delivery   {delivery['id']} to {plain_text(delivery['channel'], 60)}: {delivery['state']}, "
        f"{f'due {instant(due)}' if due else UNTIL_THEN}{ended}{repeat}"
    )
    for attempt in delivery["attempts"]:
        yield f"           {_attempt(attempt)}"
    yield ""


def _attempt(attempt: Mapping[str, Any]) -> str:
    took = "" if attempt["elapsed_s"] is None else f", {attempt['elapsed_s']:.2f} s"
    words = [plain_text(attempt[key], 120) for key in ("verdict", "reason", "answer") if attempt[key]]
    return (
        f"attempt {attempt['n']} at {instant(attempt['started_at'])}{took}: {', '.join(words) or 'under way'}"
    )


def _nearby(feeds: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for feed in feeds:
        trouble = f", {plain_text(feed['last_error'], 120)}" if feed["last_error"] else ""
        polled = (
            f"last polled {instant(feed['last_polled_at'])}" if feed["last_polled_at"] else "not polled yet"
        )
        named = f"{plain_text(feed['name'], 80)} ({plain_text(feed['url'], 200)})"
        yield f"nearest    {named}: {feed['state']}, {polled}{trouble}"
