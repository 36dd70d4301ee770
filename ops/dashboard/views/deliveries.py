"""PURE. The ledger as pages: what was asked for, its rows in words, and one delivery with everything that is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, get_args
from urllib.parse import quote, urlencode

from alerts.letter import plain_text, safe_link
from alerts.model import DeliveryKind
from alerts.states import State as DeliveryState
from alerts.times import UNTIL_RESUMED
from ops.dashboard.views.rows import AttemptRow, attempt_row, reason_in_words
from ops.dashboard.words import Stamp, State, delivery_state, due_stamp, language_tag, maybe_stamp, stamp
from ops.outcome import why_placed
from ops.retrying import refusal
from ops.row_number import number_in
from ops.said import Said, said, said_n
from ops.store.ledger import Standing
from ops.store.listing import Wanted
from worker.settings import parse_duration

Row = Mapping[str, Any]

PAGE = 50
SHEET = 5000
SHOWN_ARTICLES = 100
_NAME, _TITLE, _ANSWER, _LONGEST = 80, 250, 140, 300
TABS: Mapping[str, tuple[Said, tuple[DeliveryState, ...]]] = {
    "": (said("All"), ()),
    "waiting": (said("Waiting"), ("collecting", "ready", "waiting", "sending")),
    "held": (said("Held"), ("held",)),
    "doubt": (said("In doubt"), ("unknown",)),
    "failed": (said("Failed"), ("failed", "expired")),
    "sent": (said("Sent"), ("sent",)),
}
KINDS: Mapping[str, Said] = {
    "article": said("article"),
    "followup": said("follow-up"),
    "rollup": said("roll-up"),
    "digest": said("digest"),
    "quiet": said("after quiet hours"),
    "backlog": said("what was already in the feeds"),
    "update": said("update of a message"),
    "notice": said("notice about Pantau"),
}
SINCE: Mapping[str, Said] = {
    "": said("any time"),
    "1h": said("the last hour"),
    "24h": said("the last 24 hours"),
    "7d": said("the last 7 days"),
    "30d": said("the last 30 days"),
}
CHANNEL_KINDS: Mapping[str, Said] = {
    "slack_webhook": said("Slack hook"),
    "slack_bot": said("Slack"),
    "email": said("e-mail"),
    "webhook": said("webhook"),
    "apprise": said("Apprise"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; whatever it says that is none of ours counts as not said."""

    tab: str = ""
    kind: str = ""
    channel: str = ""
    subscription: str = ""
    topic: str = ""
    since: str = ""
    before: int | None = None

    def wanted(self, now: datetime) -> Wanted:
        """The same as the ledger is asked."""
        return Wanted(
            kind=self.kind,
            channel=self.channel,
            subscription=self.subscription,
            topic=self.topic,
            since=now - timedelta(seconds=parse_duration(self.since)) if self.since else None,
            states=TABS[self.tab][1],
            before=self.before,
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything but the tab is chosen."""
        return any((self.kind, self.channel, self.subscription, self.topic, self.since))

    def address(self, path: str = "/deliveries", **changed: Any) -> str:
        """Where this is shown, with these changes; a change begins at the newest again."""
        asked = replace(self, **{"before": None, **changed})
        named = {
            "state": asked.tab,
            "kind": asked.kind,
            "channel": asked.channel,
            "subscription": asked.subscription,
            "topic": asked.topic,
            "since": asked.since,
            "before": asked.before,
        }
        query = urlencode({name: value for name, value in named.items() if value})
        return f"{path}?{query}" if query else path


def asked_of(query: Mapping[str, str]) -> Asked:
    """What the address asks for."""
    before = query.get("before", "")
    return Asked(
        tab=_one_of(TABS, query.get("state", "")),
        kind=_one_of(get_args(DeliveryKind), query.get("kind", "")),
        channel=_named(query.get("channel", "")),
        subscription=_named(query.get("subscription", "")),
        topic=_named(query.get("topic", "")),
        since=_one_of(SINCE, query.get("since", "")),
        before=number_in(before),
    )


def _one_of(known: Collection[str], value: str) -> str:
    return value if value in known else ""


def _named(value: str) -> str:
    """A name as it was typed; PostgreSQL takes no NUL."""
    return value.replace("\0", "").strip()[:2000]


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A delivery in the list. `rest` says how many more articles it tells of, `because` why it is as it is."""

    path: str
    created: Stamp
    channel: str
    channel_kind: Said | str
    kind: Said | str
    title: str | Said
    language: str | None
    rest: Said | str
    topics: tuple[str, ...]
    state: State
    because: Said | str
    repeat: bool
    attempts: int
    answer: str


@dataclass(frozen=True, slots=True)
class FailedOn:
    """A channel on which messages failed; `stopped` says what still lets nothing through there."""

    name: str
    many: Said
    newest: Stamp | None
    because: Said | str
    stopped: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a list offers."""

    value: str
    word: Said | str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """The list: tabs with their numbers, filters, rows and where the older ones are."""

    asked: Asked
    tabs: tuple[tuple[Said, str, bool], ...]
    kinds: tuple[Choice, ...]
    spans: tuple[Choice, ...]
    names: Mapping[str, Sequence[str]]
    rows: tuple[LedgerRow, ...]
    older: str
    sheet: str
    everything: str
    failed_on: tuple[FailedOn, ...]
    slip: str
    any: bool


def compose(
    asked: Asked,
    found: Sequence[Row],
    open_counts: Row,
    failed_on: Sequence[Row],
    names: Mapping[str, Sequence[str]],
    slip: str,
    now: datetime,
) -> Ledger:
    """The list as it is shown. `found` has one row more than the page where there are older ones."""
    rows = found[:PAGE]
    return Ledger(
        asked=asked,
        tabs=tuple(
            (_tab(key, open_counts.get(key)), asked.address(tab=key), key == asked.tab) for key in TABS
        ),
        kinds=_choices({"": said("all kinds"), **KINDS}, asked.kind),
        spans=_choices(SINCE, asked.since),
        names={noun: tuple(plain_text(name, _NAME) for name in known) for noun, known in names.items()},
        rows=tuple(ledger_row(row, now) for row in rows),
        older=asked.address(before=rows[-1]["id"]) if len(found) > PAGE else "",
        sheet=asked.address("/deliveries.csv"),
        everything=Asked(tab=asked.tab).address(),
        failed_on=tuple(_failed_on(row, now) for row in failed_on),
        slip=slip,
        any=open_counts["any"],
    )


def _tab(key: str, n: int | None) -> Said:
    word = TABS[key][0]
    return said("{tab} {n}", tab=word, n=f"{n:,}") if n else word


def _choices(words: Mapping[str, Said], chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(value, word, value == chosen) for value, word in words.items())


def _failed_on(row: Row, now: datetime) -> FailedOn:
    return FailedOn(
        name=row["name"],
        many=said_n("{n} message failed", "{n} messages failed", row["n"]),
        newest=maybe_stamp(row["newest"], now),
        because=reason_in_words(row["reason"]),
        stopped=reason_in_words(row["stopped_by"]),
    )


def ledger_row(row: Row, now: datetime) -> LedgerRow:
    """A delivery in the list (`ops.store.listing.list_deliveries`)."""
    more = row["articles"] - 1
    return LedgerRow(
        path=f"/deliveries/{row['key']}",
        created=stamp(row["created_at"], now),
        channel=plain_text(row["channel"], _NAME),
        channel_kind=CHANNEL_KINDS.get(row["channel_kind"], ""),
        kind=KINDS.get(row["kind"], "") if row["kind"] != "article" else "",
        title=_headline(row),
        language=language_tag(row["language"]),
        rest=said_n("and {n} more article", "and {n} more articles", more) if more > 0 else "",
        topics=tuple(plain_text(topic, _NAME) for topic in row["topics"] or ()),
        state=_state(row, now),
        because=_because(row),
        repeat=row["possible_repeat"],
        attempts=row["attempts"],
        answer=plain_text(row["last_answer"] or "", _ANSWER),
    )


def _headline(row: Row) -> str | Said:
    if row["title"] is None:
        return KINDS.get(row["kind"], "")
    return plain_text(row["title"], _TITLE) or said("(without a title)")


def _state(row: Row, now: datetime) -> State:
    """As everywhere; why it is held stands beside it here."""
    if row["state"] == "unknown" and row["ended_at"] is None:
        return State("slow", said("in doubt, its receiver is asked"))
    if row["state"] == "suppressed":
        return State("off", said("not sent: nobody wants it any more"))
    return delivery_state(row["state"], None if row["state"] == "held" else row["reason"], row["due_at"], now)


def _because(row: Row) -> Said | str:
    """Why it is not told (yet)."""
    return "" if row["state"] in ("sent", "sending", "suppressed") else reason_in_words(row["reason"])


@dataclass(frozen=True, slots=True)
class Alert:
    """Whom an article is told to, and for which topic; `placed` says why in this message."""

    topic: str
    subscription: str
    placed: str


@dataclass(frozen=True, slots=True)
class TellsOf:
    """An article in a delivery: `link` is the article itself, `path` our page of it, where there is one."""

    title: str | Said
    link: str | None
    path: str
    language: str | None
    source: str
    published: Stamp | None
    seen: Stamp
    alerts: tuple[Alert, ...]
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery. `refused` says why it may not be sent again, "" where it may; `warned` what to think of before."""

    id: int
    key: str
    path: str
    title: str | Said
    language: str | None
    channel: str
    channel_list: str
    channel_kind: Said | str
    kind: Said | str
    state: State
    because: Said | str
    meaning: Said | str
    repeat: bool
    created: Stamp
    due: Stamp | None
    expires: Stamp | None
    ended: Stamp | None
    kept: bool
    story: str
    first: str
    followups: Said | str
    subscriptions: tuple[str, ...]
    remote: str
    articles: tuple[TellsOf, ...]
    more_articles: Said | str
    attempts: tuple[AttemptRow, ...]
    refused: Said | str
    warned: Said | str


def compose_one(found: Row, standing: Standing, articles_at: str, now: datetime) -> Delivery:
    """The delivery as its page shows it (`ops.store.ledger.whole_delivery`). `articles_at` begins the addresses of our
    pages of articles; "" where there are none."""
    articles = found["articles"]
    open_yet = found["ended_at"] is None
    kept = found["due_at"] == UNTIL_RESUMED
    more = found["article_count"] - len(articles)
    newest = articles[-1] if articles else None
    return Delivery(
        id=found["id"],
        key=str(found["key"]),
        path=f"/deliveries/{found['key']}",
        title=_headline({"kind": found["kind"], "title": newest["title"] if newest else None}),
        language=language_tag(newest["language"]) if newest else None,
        channel=plain_text(found["channel"], _NAME),
        channel_list=f"/deliveries?channel={quote(found['channel'], safe='')}",
        channel_kind=CHANNEL_KINDS.get(found["channel_kind"], ""),
        kind=KINDS.get(found["kind"], found["kind"]),
        state=_state(found, now),
        because=_because(found),
        meaning=_meaning(found),
        repeat=found["possible_repeat"],
        created=stamp(found["created_at"], now),
        due=due_stamp(found["due_at"], now) if open_yet and not kept else None,
        expires=stamp(found["expires_at"], now) if open_yet and not kept else None,
        ended=maybe_stamp(found["ended_at"], now),
        kept=open_yet and kept,
        story=plain_text(found["story"] or "", _TITLE),
        first=f"/deliveries/{found['thread_key']}" if found["thread_key"] else "",
        followups=said_n(
            "{n} message on its story's later articles",
            "{n} messages on its story's later articles",
            found["followups"],
        )
        if found["followups"]
        else "",
        subscriptions=_subscriptions(found),
        remote=plain_text(found["remote_id"] or "", _ANSWER),
        articles=tuple(_tells_of(article, found, articles_at, now) for article in articles),
        more_articles=said_n("and {n} more article", "and {n} more articles", more) if more > 0 else "",
        attempts=tuple(attempt_row(attempt, now) for attempt in found["attempts"]),
        refused=refusal(standing) or "",
        warned=_warned(standing),
    )


def _subscriptions(found: Row) -> tuple[str, ...]:
    names = [alert["subscription"] for alert in found["alerts"]] or [found["subscription"]]
    return tuple(dict.fromkeys(plain_text(name, _NAME) for name in names if name))


def _meaning(found: Row) -> Said | str:
    """What follows from the state, where that is not plain."""
    match found["state"]:
        case "held":
            return said("It goes out by itself once the channel lets messages through again.")
        case "unknown" if found["ended_at"] is None:
            return said("The answer was lost. Pantau asks the receiver whether it has the message.")
        case "unknown":
            return said(
                "The answer was lost, and nobody can be asked. Look whether it arrived; if it did not, send it again."
            )
        case "failed":
            return said(
                "It is not tried again by itself. Once its cause is mended, send it again: nothing is lost."
            )
        case "expired":
            return said("It was too late to be news when it could have been sent. It can still be sent.")
        case "waiting" | "ready" | "collecting" if found["due_at"] != UNTIL_RESUMED:
            return said("It goes out by itself when it is due.")
    return ""


def _warned(standing: Standing) -> Said | str:
    if standing.state == "unknown":
        return said(
            "If it did arrive, people will hear of it twice; the message says that it may be a repeat."
        )
    return ""


def _tells_of(article: Row, found: Row, articles_at: str, now: datetime) -> TellsOf:
    alerts = [alert for alert in found["alerts"] if alert["article_id"] == article["id"]]
    return TellsOf(
        title=plain_text(article["title"], _TITLE) or said("(without a title)"),
        link=safe_link(article["url"]),
        path=f"{articles_at}{article['id']}" if articles_at else "",
        language=language_tag(article["language"]),
        source=plain_text(article["source"], _NAME),
        published=maybe_stamp(article["published_at"], now),
        seen=stamp(article["seen_at"], now),
        alerts=tuple(_alert(alert, found) for alert in alerts),
        quotes=tuple(
            dict.fromkeys(plain_text(alert["quote"], _LONGEST) for alert in alerts if alert["quote"])
        ),
    )


def _alert(alert: Row, found: Row) -> Alert:
    facts = {
        "decided_for": alert["reason"],
        "channel": found["channel"],
        "due_at": found["due_at"],
        "thread_of": found["thread_of"],
        "thread_title": found["story"],
        "timezone": alert["timezone"],
        "cap": alert["cap"],
    }
    return Alert(
        plain_text(alert["topic"], _NAME),
        plain_text(alert["subscription"], _NAME),
        plain_text(why_placed(facts), _LONGEST),
    )
