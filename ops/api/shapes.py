"""The things that the API tells of and takes. Ids are strings, moments are RFC 3339 in UTC, foreign text is one bounded
line, and a link is one that can be followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from alerts.letter import plain_text, safe_link
from alerts.model import DeliveryKind
from alerts.silences import Scope
from alerts.states import State
from ops.watchlist.model import Group, MessageLanguage, OnDoubt
from worker.settings import parse_duration

T = TypeVar("T")


def _line(value: Any) -> Any:
    return plain_text(value, 500) if isinstance(value, str) else value


def _link(value: Any) -> Any:
    return safe_link(value) if isinstance(value, str) else value


def _string(value: Any) -> Any:
    return str(value) if isinstance(value, int | UUID) and not isinstance(value, bool) else value


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


def _counted_moment(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("a moment within the years 1 to 9999, in UTC") from None


Id = Annotated[str, BeforeValidator(_string)]
Line = Annotated[str, BeforeValidator(_line)]
Link = Annotated[str | None, BeforeValidator(_link)]
Moment = Annotated[datetime, AfterValidator(_utc)]
AskedMoment = Annotated[
    datetime, AfterValidator(_counted_moment), Field(description="RFC 3339; UTC where no offset is given.")
]

_NO_NUL = r"^[^\x00]*$"
Words = Annotated[str, StringConstraints(max_length=10_000, pattern=_NO_NUL)]
Word = Annotated[str, StringConstraints(max_length=200, pattern=_NO_NUL)]
NamePart = Annotated[str, Query(max_length=200, pattern=_NO_NUL)]
Number = Annotated[str, StringConstraints(pattern="^[0-9]{1,18}$")]
NumberInPath = Annotated[str, Path(pattern="^[0-9]{1,18}$")]
Span = Annotated[
    str,
    StringConstraints(pattern="^[1-9][0-9]{0,4}[smhd]$"),
    Field(description="A number and s, m, h or d.", examples=["7d"]),
]


def seconds(span: str) -> float:
    """How long "7d" is; a hundred years at most."""
    return min(parse_duration(span), 100 * 365 * 86400.0)


class Listed(BaseModel, Generic[T]):
    """A piece of a list, the newest first. `next` is the cursor of the piece that follows; null: this is the last."""

    items: list[T]
    next: str | None


class Feed(BaseModel):
    """A feed that is polled."""

    id: Id
    url: str
    found_url: Link = Field(description="The feed that was found, where `url` is a site's.")
    name: Line | None
    state: str = Field(description="new, ok, failing, gone or paused.")
    paused_at: Moment | None = Field(description="Since when it is paused.")
    paused_by: Line | None
    tags: list[Line]
    language: str | None
    every: str = Field(description='How often it is asked: "2m", or within "30s-10m"; "": as its news comes.')
    pace: dict[str, float] | None = Field(description="How its site may be asked, where that is set.")
    full_text: bool
    user: Line = Field(description='Who logs in there; "": nobody.')
    has_password: bool
    headers: list[Line] = Field(description="The names of what is sent along; their values are sealed.")
    declared: bool = Field(description="Whether a watchlist declares it; then it is changed there.")
    next_poll_at: Moment | None
    last_polled_at: Moment | None
    last_ok_at: Moment | None
    last_status: int | None
    last_error: Line | None
    failures: int = Field(description="In a row.")
    notice: Line | None
    created_at: Moment


class Article(BaseModel):
    """An article that was read."""

    id: Id
    url: Link
    source: Line
    title: Line
    language: str | None
    authors: list[Line]
    tags: list[Line]
    published_at: Moment | None
    seen_at: Moment
    read_at: Moment
    summary_only: bool = Field(description="Its page was not had, so these are the feed's own words.")
    backlog: bool = Field(description="It was in the feed already when that was added.")
    feed_id: Id
    story_id: Id | None
    topics: list[Line] = Field(description="The topics that matched it.")


class Found(Article):
    """An article that a search found, with the sentence that shows why."""

    quote: Line = Field(description='"" where it was not searched by a query.')
    words: list[Line] = Field(description="What of the query stands in it.")


class ArticleText(Article):
    """An article with its text."""

    text: str = Field(description="Paragraphs, apart by blank lines; plain text.")
    method: str = Field(description="How the text was had.")
    page_problem: Line | None


class Topic(BaseModel):
    """A named query."""

    id: Id
    name: Line
    query: str
    tags: list[Line]
    version: int = Field(description="How often it was saved.")
    declared: bool = Field(description="Whether a watchlist declares it; then it is changed there.")
    created_at: Moment


class TopicVersion(BaseModel):
    """What a topic was from a moment on."""

    version: int
    name: Line
    query: str
    tags: list[Line]
    saved_by: Line | None
    saved_at: Moment


class Story(BaseModel):
    """Articles of one event."""

    id: Id
    title: Line
    first_at: Moment
    last_at: Moment
    articles: int
    merged_into: Id | None = Field(
        description="The story that somebody made it part of; lists leave it out then."
    )


class StoryArticles(Story):
    """A story with its articles, the first 200."""

    told_by: list[Article]


class Merged(BaseModel):
    """A story that was merged into another, and how many articles of it are still there."""

    id: Id
    title: Line
    articles: int


class StoryWhole(StoryArticles):
    """A story with its articles, and the stories that were merged into it."""

    merged: list[Merged]


class Job(BaseModel):
    """What was asked for and takes longer than an answer may. It is kept for a week."""

    id: Id
    kind: Literal["apply_back", "import_feeds"]
    state: Literal["waiting", "running", "done", "failed"]
    done: int = Field(description="How far it is: articles looked through, or feeds stored.")
    total: int | None
    answer: dict[str, Any] | None = Field(description="What came of it, once it is done.")
    problem: Line | None = Field(description="Why it failed.")
    created_at: Moment
    ended_at: Moment | None


class OtherStory(BaseModel):
    """The story that is to become part of this one."""

    model_config = ConfigDict(extra="forbid")

    story_id: Number


class Split(BaseModel):
    """What is to leave a story: some articles with their copies, or one that was merged into it."""

    model_config = ConfigDict(extra="forbid")

    articles: Annotated[list[Number], Field(max_length=200)] | None = Field(
        None, description="Into a story of their own, or `into` another one."
    )
    into: Number | None = Field(None, description="The story that the articles go into.")
    merged_id: Number | None = Field(None, description="It becomes a story again.")


class Regrouped(BaseModel):
    """Where articles went."""

    story_id: Id
    articles: int


class Subscription(BaseModel):
    """Who hears of what, where, when."""

    id: Id
    name: Line
    topics: list[Line] = Field(description="Names, or tag:x.")
    channels: list[Line] = Field(description="Names.")
    when: list[str]
    timezone: str
    quiet: str | None
    wait: str
    group: str
    cap_per_hour: int
    sources: list[Line]
    languages: list[str]
    on_doubt: str
    urgent: list[Line]
    declared: bool = Field(description="Whether a watchlist declares it; then it is changed there.")
    paused_at: Moment | None = Field(description="Since when it hears nothing, until it is resumed.")
    snoozed_until: Moment | None
    created_at: Moment


class Doubt(BaseModel):
    """What is probably not meant, though it can be done."""

    pointer: str
    detail: str


class SavedSubscription(Subscription):
    """A subscription as it is now, and what of it is probably not meant."""

    doubts: list[Doubt]


class Channel(BaseModel):
    """Where people are told. What it leads to is never shown."""

    id: Id
    name: Line
    kind: str
    print: str = Field(description="Of its target; equal targets have equal ones.")
    language: str = Field(description="Its messages are written in it.")
    signed: bool = Field(description="Whether its messages are signed.")
    declared: bool = Field(description="Whether a watchlist declares it; then it is changed there.")
    paused_until: Moment | None
    stopped_by: Line | None = Field(description="Why nothing gets through; null: it does.")
    probe_at: Moment | None = Field(description="When that is tried again.")
    blocked_by: str | None = Field(description="Who does not want it to be written to.")
    held: int = Field(description="Messages that wait for it.")
    created_at: Moment


class MadeChannel(Channel):
    """A channel that was made. `asks_owner`: a mail asks the owner of the address, who hears nothing before a yes."""

    asks_owner: bool


class RemovedChannel(BaseModel):
    """A channel that is no more, and the subscriptions that led nowhere else and went with it."""

    id: Id
    name: Line
    subscriptions: list[Line]


class Silence(BaseModel):
    """What nobody is to hear of for a while."""

    id: Id
    scope: Scope
    topic_id: Id | None
    story_id: Id | None
    source: Line | None
    channel_id: Id | None = Field(description="Only on this channel; null: on all.")
    from_at: Moment
    until_at: Moment
    ended_at: Moment | None
    state: Literal["to_come", "holds", "over"]
    made_by: Line
    comment: Line
    suppressed: int = Field(description="Alerts that it has suppressed.")


class Delivery(BaseModel):
    """One message to one channel."""

    id: Id
    key: Id
    kind: DeliveryKind
    state: State
    reason: Line | None
    possible_repeat: bool
    attempts: int
    articles: int
    title: Line | None = Field(description="Of the article; of several: the newest.")
    url: Link
    topics: list[Line] | None
    subscription: Line | None = Field(description="null: it is nobody's own.")
    channel: Line
    channel_id: Id
    story_id: Id | None
    story: Line | None
    thread_of: Id | None = Field(description="The delivery that it follows.")
    due_at: Moment | None = Field(description="null: when its subscription is resumed.")
    created_at: Moment
    ended_at: Moment | None


class Said(BaseModel):
    """What somebody said of an article that they were told of."""

    id: Id
    delivery: Id = Field(description="The delivery's key.")
    article_id: Id
    channel_id: Id
    said_by: Line
    relevant: bool
    said_at: Moment


class Noted(BaseModel):
    """A change, for good."""

    id: Id
    at: Moment
    who: Line
    what: str
    kind: str
    name: Line
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class MatchEvent(BaseModel):
    """A topic matched an article."""

    id: Id
    at: Moment
    article_id: Id
    title: Line
    url: Link
    source: Line
    language: str | None
    story_id: Id | None
    topic_id: Id
    topic: Line


class AlertEvent(BaseModel):
    """What became of a match for a subscription and a channel: it is told in a delivery, or suppressed."""

    id: Id
    at: Moment
    match_id: Id
    article_id: Id
    topic: Line
    subscription: Line
    channel: Line
    delivery_id: Id | None
    suppressed: str | None = Field(description="Why it is told to nobody.")


class DeliveryEvent(BaseModel):
    """A delivery ended. One that is sent again ends again, at another moment."""

    id: Id
    key: Id
    at: Moment
    kind: DeliveryKind
    state: State
    reason: Line | None
    possible_repeat: bool
    channel_id: Id
    channel: Line
    articles: list[Id] = Field(description="The ids of those that it tells of, the first 200.")


class Sign(BaseModel):
    """A part of the installation, and when it last showed that it lives."""

    part: str
    at: Moment


class Waiting(BaseModel):
    """A desk: how many rows wait, how long the oldest has, and how many were done in the last hour."""

    waiting: int
    oldest_s: float
    done_1h: int


class Proof(BaseModel):
    """How the alerts ended. `lost` are in no state, `doubled` were accepted twice; `sound` says that there are none."""

    sound: bool
    alerts: int
    sent: int
    suppressed: int
    expired: int
    waiting: int
    held: int
    failed: int
    in_doubt: int
    possible_repeats: int
    lost: int
    doubled: int
    suppressed_because: dict[str, int]


class Hit(BaseModel):
    """One place where a topic matched, in characters of the field."""

    field: str
    start: int
    end: int
    text: str


class Matched(BaseModel):
    """A topic that matches a text, and where."""

    topic_id: Id
    topic: Line
    hits: list[Hit]


class Matches(BaseModel):
    """The topics that match a text."""

    items: list[Matched]


class Candidate(BaseModel):
    """A feed that can be watched."""

    url: str
    title: Line
    language: str | None
    entries: int
    newest_at: Moment | None
    sentence: Line = Field(description="How sound it is.")
    feed_id: Id | None = Field(description="The feed that is watched there already.")


class Discovered(BaseModel):
    """The feeds at an address or on its site, the best first; where there is none, why, and what to do."""

    items: list[Candidate]
    why: Line | None
    advice: Line | None
    declared: list[Line] = Field(description="What the page names as its feeds, where none of them is one.")


class GoesOut(BaseModel):
    """What had been kept for a subscription and goes out."""

    articles: int
    messages: int
    due_at: Moment | None


class PutBack(BaseModel):
    """A delivery that is due again, and what its channel still waits for."""

    id: Id
    possible_repeat: bool
    stopped_by: Line | None
    paused_until: Moment | None


class Tried(BaseModel):
    """How a test message ended, in the receiver's words and in ours."""

    accepted: bool
    verdict: str
    answer: Line


class AskedOwner(BaseModel):
    """Whether a mail goes to the owner of the address now."""

    asked: bool


class RetriedTogether(BaseModel):
    """How many deliveries are due again, how many stay as they are; `more`: there are others, ask once more."""

    due: int
    refused: int
    more: bool


class Again(BaseModel):
    """How many entries there are, and how many of them are read again within seconds."""

    entries: int
    due: int


class Added(BaseModel):
    """A feed; `added` is false where it was watched already."""

    id: Id | None
    url: str
    added: bool


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


_Few = Annotated[list[Word], Field(max_length=50)]
_Many = Annotated[list[Word], Field(max_length=500)]
_Some = Annotated[list[Word], Field(min_length=1, max_length=500)]
_Short = Annotated[str, StringConstraints(max_length=40, pattern=_NO_NUL)]
_Target = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=_NO_NUL)]


class Pace(_Asked):
    """How a site may be asked, all its feeds together."""

    connections: int | None = None
    per_second: float | None = None
    burst: int | None = None


_HeaderName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_NO_NUL)]
_HeaderValue = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=_NO_NUL)]


class FeedChanges(_Asked):
    """What of a feed is to be otherwise; what is left out stays."""

    name: Word = ""
    every: _Short = Field("", description='"2m", or within "30s-10m"; "": as its news comes.')
    tags: _Few = []
    language: _Short = Field("", description='"": detected.')
    full_text: bool = Field(True, description="Whether the page behind each entry is read.")
    pace: Pace = Pace()
    user: Word = Field(
        "", description='Who logs in there (HTTP basic); "": nobody, and the password goes, too.'
    )
    password: Annotated[str, StringConstraints(max_length=2000, pattern=_NO_NUL)] | None = Field(
        None, description="Sealed, and never shown again."
    )
    headers: Annotated[dict[_HeaderName, _HeaderValue | None], Field(max_length=20)] = Field(
        {},
        description="What is sent along, such as Authorization: Bearer. Values are sealed, and never shown again; null "
        "takes one away; those that are not named stay.",
    )


class NewFeed(FeedChanges):
    """A feed, or a site whose feed is discovered."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=_NO_NUL)]


class Address(_Asked):
    """Where to look: a feed, or any page of a site."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=_NO_NUL)]


class NewTopic(_Asked):
    """A named query."""

    name: Annotated[Word, Field(min_length=1)]
    query: Annotated[Words, Field(min_length=1, description="docs/query-language.md")]
    tags: _Few = []


class SubscriptionSettings(_Asked):
    """Who hears of what, where, when, as a watchlist has it; what is left out is as usual."""

    topics: _Some = Field(description='Names, or "tag:x".')
    channels: _Some = Field(description="Names.")
    when: _Few = Field(["now"], description='"now", "hourly", "daily 07:00", "weekly mon 07:00"')
    timezone: Word = "UTC"
    quiet: Word | None = Field(None, examples=["22:00-06:00"])
    wait: _Short = "0s"
    group: Group = "story"
    cap_per_hour: Annotated[int, Field(ge=1, le=1_000_000)] = 12
    sources: _Many = []
    languages: _Few = []
    on_doubt: OnDoubt = "resend"
    urgent: _Many = []


class NewSubscription(SubscriptionSettings):
    """A subscription, which hears of what is read from now on."""

    name: Word = Field("", description='"": its topics → its channels.')


class NewChannel(_Asked):
    """A name and exactly one target. What is secret is sealed, and never shown again."""

    name: Annotated[Word, Field(min_length=1)]
    slack: _Target | None = Field(None, description="The address of an incoming webhook; secret.")
    slack_channel: _Target | None = Field(None, description="For the bot: the id of a channel.")
    email: _Target | None = Field(None, description="Its owner is asked first.")
    webhook: _Target | None = Field(None, description="An address of yours; secret.")
    apprise: _Target | None = Field(None, description="An address of Apprise's; secret.")
    secret: _Target | None = Field(None, description="What signs the messages to a webhook.")
    language: MessageLanguage = "en"


class ChannelChanges(_Asked):
    """What of a channel is to be otherwise; what is left out stays, and so does its kind. What waits for it goes where
    it leads then."""

    name: Annotated[Word, Field(min_length=1)] | None = None
    slack: _Target | None = Field(None, description="Another incoming webhook; secret.")
    slack_channel: _Target | None = None
    email: _Target | None = Field(None, description="The owner of another address is asked first.")
    webhook: _Target | None = Field(None, description="Another address of yours; secret.")
    apprise: _Target | None = Field(None, description="Another address of Apprise's; secret.")
    secret: Annotated[str, StringConstraints(max_length=4000, pattern=_NO_NUL)] | None = Field(
        None, description='Another one to sign by; "": messages are signed no more.'
    )
    language: MessageLanguage | None = None


class Release(_Asked):
    """The word after a restore."""

    what_may_have_been_told: Literal["send", "drop"]
    now: bool = Field(False, description="Although some feeds were not polled since.")


class WasReleased(BaseModel):
    """Sending goes on."""

    dropped: int = Field(description="Alerts that are not told, since they may have been.")


class FeedAddress(BaseModel):
    """Where something is read as a feed. The address is a key, and told once."""

    atom: str
    json_feed: str = Field(alias="json")


class AppliedBack(_Asked):
    """Which older articles a topic is to be applied to, and who is to hear of them."""

    days: Annotated[int, Field(ge=1, le=366)] = 7
    silent: bool = Field(False, description="Nobody is told; else one summary for each subscription.")
    dry_run: bool = Field(False, description="Only look at what would be done.")


class FeedsToImport(_Asked):
    """A list of feeds from another reader."""

    opml: Annotated[str, StringConstraints(min_length=1, max_length=1_000_000)]
    dry_run: bool = Field(False, description="Only look at what would be added.")


class TriedQuery(_Asked):
    """A query to try, as topics have it."""

    query: Annotated[Words, Field(min_length=1)]
    since: Span = "7d"


class Compared(_Asked):
    """What to hold the saved query of a topic against; without `query`, it is looked for alone."""

    query: Annotated[Words, Field(min_length=1)] | None = None
    since: Span = "7d"


class TextToMatch(_Asked):
    """A text to hold against all topics."""

    title: Words = ""
    body: Annotated[str, StringConstraints(max_length=500_000, pattern=_NO_NUL)] = ""
    language: Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")] | None = Field(
        None, description="null: detected."
    )
    url: Annotated[str, StringConstraints(max_length=2000, pattern=_NO_NUL)] = ""
    source: Word = ""
    author: Word = ""
    tags: Annotated[list[Word], Field(max_length=50)] = []


class Snooze(_Asked):
    """For how long: from 1m to 7d."""

    how_long: Span = Field(alias="for", examples=["8h"])


class NewSilence(_Asked):
    """Exactly what the scope needs, and one of `until` and `for`; it lasts a year at most."""

    scope: Scope
    topic_id: Number | None = Field(None, description="Of the scope topic.")
    story_id: Number | None = Field(None, description="Of the scope story.")
    source: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_NO_NUL)] | None = Field(
        None, description="A feed's name, a tag, or a host with all below it."
    )
    channel_id: Number | None = Field(None, description="Only on this channel.")
    begin: AskedMoment | None = Field(None, alias="from", description="null: now.")
    until: AskedMoment | None = Field(None, description="When it ends; or give `for`.")
    how_long: Span | None = Field(None, alias="for", description='How long: "8h"; or give `until`.')
    comment: Annotated[str, StringConstraints(max_length=500, pattern=_NO_NUL)] = ""


class Retried(_Asked):
    """What to read again: the article at this address, or everything that was set aside."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=_NO_NUL)] | None = None
    set_aside: bool = False


class NewFeedback(_Asked):
    """What you say of an article that a delivery told of."""

    delivery: UUID = Field(description="The delivery's key.")
    article_id: Number
    relevant: bool


def version(row: Mapping[str, Any], figures: frozenset[str] = frozenset()) -> str:
    """What of a thing somebody can change, as a short word that is another after each change."""
    kept = sorted((key, str(value)) for key, value in row.items() if key not in figures)
    return sha256(repr(kept).encode()).hexdigest()[:12]


_NUMBERS = frozenset({"delivery", "told_in", "thread_of", "copy_of", "number", "match"})


def with_string_ids(value: Any) -> Any:
    """The same with every id as a string."""
    if isinstance(value, dict):
        return {key: _id_or(key, inner) for key, inner in value.items()}
    return [with_string_ids(inner) for inner in value] if isinstance(value, list) else value


def _id_or(key: str, inner: Any) -> Any:
    names_one = key == "id" or key.endswith("_id") or key in _NUMBERS
    if names_one and isinstance(inner, int) and not isinstance(inner, bool):
        return str(inner)
    return with_string_ids(inner)
