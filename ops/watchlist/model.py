"""What a watchlist declares, as frozen values. Durations in seconds; times of day stay as written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from worker.errors import BadInput
from worker.match.entities import Catalogue, shipped
from worker.secrets import Secret

Noun = Literal["feed", "entity", "topic", "channel", "subscription"]
NOUNS: tuple[Noun, ...] = ("feed", "entity", "topic", "channel", "subscription")
TABLES = "[[feed]], [[topic]], [[entity]], [[channel]] or [[subscription]]"

ChannelKind = Literal["slack_webhook", "slack_bot", "email", "webhook", "apprise"]
TARGET_KEYS: Mapping[str, ChannelKind] = {
    "slack": "slack_webhook",
    "slack_channel": "slack_bot",
    "email": "email",
    "webhook": "webhook",
    "apprise": "apprise",
}
OPEN_KINDS = frozenset({"slack_bot", "email"})
"""Kinds whose target is an address that people may see; every other target is a secret."""
OPEN_HEADERS = frozenset({"accept", "accept-language", "cache-control", "referer", "user-agent"})
"""Headers that hold no secret, in small letters; the value of every other header is taken for one."""

Group = Literal["story", "text", "off"]
OnDoubt = Literal["resend", "hold"]
MessageLanguage = Literal["en", "id"]
MESSAGE_LANGUAGES: tuple[MessageLanguage, ...] = ("en", "id")


@dataclass(frozen=True, slots=True)
class Given:
    """The value itself stands in the file."""

    value: Secret


@dataclass(frozen=True, slots=True)
class FromEnv:
    """`env:NAME`: the value is in that variable of the process that applies."""

    name: str

    def __str__(self) -> str:
        return f"env:{self.name}"


@dataclass(frozen=True, slots=True)
class FromFile:
    """`file:PATH`: the value is that file's text, read by the process that applies."""

    path: str

    def __str__(self) -> str:
        return f"file:{self.path}"


@dataclass(frozen=True, slots=True)
class Stored:
    """`stored:ID`: the value was given once and is kept, sealed, by this installation."""

    id: str

    def __str__(self) -> str:
        return f"stored:{self.id}"


Reference = Given | FromEnv | FromFile | Stored


@dataclass(frozen=True, slots=True)
class DeclaredFeed:
    """A feed, or a site whose feed is discovered. `every_s` None is adaptive, within `within_s` where that is given;
    `pace` is how its site may be asked, by key; `language` None is detected."""

    url: str
    name: str = ""
    every_s: float | None = None
    full_text: bool = True
    tags: tuple[str, ...] = ()
    language: str | None = None
    user: str = ""
    password: Reference | None = None
    headers: tuple[tuple[str, Reference], ...] = ()
    within_s: tuple[float, float] | None = None
    pace: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredEntity:
    """A named thing, which queries find by `@key`; `said` is its table, as `entity_of` reads it."""

    key: str
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DeclaredTopic:
    """A named query (`docs/query-language.md`); `tags` let a subscription name several topics at once."""

    name: str
    query: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredChannel:
    """Where to tell. `secret` signs what a webhook receives; `language` is what messages are written in, around what
    is quoted."""

    name: str
    kind: ChannelKind
    target: Reference
    secret: Reference | None = None
    language: MessageLanguage = "en"


@dataclass(frozen=True, slots=True)
class DeclaredSubscription:
    """Topics → channels: when and how. `topics`, and `urgent` among them, are names and "tag:…"."""

    name: str
    topics: tuple[str, ...]
    channels: tuple[str, ...]
    when: tuple[str, ...] = ("now",)
    timezone: str = "UTC"
    quiet: str | None = None
    wait_s: float = 0.0
    group: Group = "story"
    cap_per_hour: int = 12
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    on_doubt: OnDoubt = "resend"
    urgent: tuple[str, ...] = ()


Declared = DeclaredFeed | DeclaredEntity | DeclaredTopic | DeclaredChannel | DeclaredSubscription


@dataclass(frozen=True, slots=True)
class Watchlist:
    """All that one file declares, in its order."""

    feeds: tuple[DeclaredFeed, ...] = ()
    topics: tuple[DeclaredTopic, ...] = ()
    channels: tuple[DeclaredChannel, ...] = ()
    subscriptions: tuple[DeclaredSubscription, ...] = ()
    entities: tuple[DeclaredEntity, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """Names that exist already, so that a file may refer to them without declaring them.

    `tags_of` has the tags of the topics that have some. `sources` are feed names, feed tags and hosts. `entities` were
    declared before, and count as long as the file does not declare them anew; `catalogue` are all others.
    """

    topics: frozenset[str] = frozenset()
    topic_tags: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    entities: tuple[DeclaredEntity, ...] = ()
    tags_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=shipped)


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an installation holds: what files declared, what people made in the dashboard, and the entities of the
    folder in the data directory.

    `fingerprints` are keyed hashes of the secrets, by their place (`references.SecretAt`).
    """

    declared: Watchlist = Watchlist()
    made_here: Watchlist = Watchlist()
    folder: tuple[DeclaredEntity, ...] = ()
    fingerprints: Mapping[tuple[str, str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing in a file that cannot be used, with its place. `line` is 1-based; `expected` may be empty."""

    file: str
    line: int
    key: str
    problem: str
    expected: str = ""

    @property
    def field(self) -> str:
        """The item's key that it is about, such as "quiet"; empty where it is about the item as a whole."""
        return self.place.partition(".")[0]

    @property
    def place(self) -> str:
        """The same with the part of its value that it is about, such as "pace.burst"."""
        return self.key.partition("]] ")[2]

    @property
    def sentence(self) -> str:
        """What is wrong, for whoever fills in a form: quotes are a matter of files."""
        expected = self.expected.removesuffix(", without quotes")
        return f"{self.problem}; expected {expected}" if expected else self.problem

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        expected = f"; expected {self.expected}" if self.expected else ""
        return f"{self.file}:{self.line}: {key}{self.problem}{expected}"


class BadWatchlist(BadInput):
    """A watchlist that cannot be used; `str()` is one line per complaint."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        self.complaints = complaints
        super().__init__("\n".join(str(complaint) for complaint in complaints))


def default_subscription_name(topics: tuple[str, ...], channels: tuple[str, ...]) -> str:
    """What a subscription is called when it has no name of its own: its topics → its channels."""
    return f"{', '.join(topics)} → {', '.join(channels)}"
