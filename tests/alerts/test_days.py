"""Days of mixed news on a scripted clock: everybody hears exactly what the rules say, at the minute they say.

The desks are the real ones on a real database whose clock is the script's. What must come of it is worked out apart
from them, by walking through the days minute by minute and looking at the wall clock of whoever is told.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, text

from alerts.desks.plan import plan
from alerts.desks.send import Outbox, send
from alerts.plan import decide
from alerts.store import keeping, silences
from ops.store.audit import audit
from worker.kit import Kit
from worker.store.engine import open_engine
from worker.wire import Reply

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
JAKARTA, KYIV, NEW_YORK = "Asia/Jakarta", "Europe/Kyiv", "America/New_York"
CLOCK_CHANGES = {
    "New York springs forward": date(2026, 3, 8),
    "Kyiv springs forward": date(2026, 3, 29),
    "Kyiv falls back": date(2026, 10, 25),
    "New York falls back": date(2026, 11, 1),
}
DAYS = 3
# The session's search path puts this before the server's own clock.
SCRIPTED_CLOCK = """
    CREATE TABLE scripted (at timestamptz NOT NULL);
    INSERT INTO scripted VALUES ('2026-01-01Z');
    CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz STABLE LANGUAGE sql
        AS 'SELECT at FROM public.scripted';
    CREATE FUNCTION public.now() RETURNS timestamptz STABLE LANGUAGE sql AS 'SELECT at FROM public.scripted';
    ALTER TABLE alerts ALTER COLUMN created_at SET DEFAULT public.now();
"""


@dataclass(frozen=True)
class Who:
    """A subscriber with a channel of their own; what the watchlist would say of them. `away` is when they are paused
    or snoozed, in hours since the days began, and `silence` when their channel does not want to hear of NATO."""

    name: str
    zone: str
    when: tuple[str, ...] = ("now",)
    topics: tuple[str, ...] = ("NATO", "Cocoa")
    quiet: tuple[str, str] | None = None
    wait: timedelta = timedelta(0)
    urgent: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()
    snooze: tuple[float, float] | None = None
    pause: tuple[float, float] | None = None
    silence: tuple[float, float] | None = None


EVERYBODY = [
    Who("at once", JAKARTA),
    Who("at once, in Indonesian", JAKARTA, languages=("id",)),
    Who("sleeps in Jakarta", JAKARTA, quiet=("22:00", "06:00")),
    Who("sleeps in Kyiv", KYIV, quiet=("23:00", "03:30")),
    Who("sleeps in New York", NEW_YORK, quiet=("21:30", "02:30")),
    Who("rests at noon", KYIV, quiet=("12:00", "13:45"), wait=timedelta(minutes=20)),
    Who("on call", NEW_YORK, quiet=("01:15", "07:00"), wait=timedelta(minutes=7), urgent=frozenset({"NATO"})),
    Who("hourly in Jakarta", JAKARTA, ("hourly",), quiet=("23:30", "05:10")),
    Who("hourly in Kyiv", KYIV, ("hourly",)),
    Who("hourly in Kathmandu", "Asia/Kathmandu", ("hourly",), topics=("NATO",)),
    Who("mornings in Jakarta", JAKARTA, ("daily 07:00",)),
    Who("in the hour of the change, Kyiv", KYIV, ("daily 03:30",), quiet=("22:00", "09:00")),
    Who("in the hour of the change, New York", NEW_YORK, ("daily 02:30", "daily 01:30")),
    Who("Mondays and Sundays", NEW_YORK, ("weekly mon,sun 09:00",)),
    Who("several times", KYIV, ("daily 06:00", "hourly", "weekly sun 03:15"), quiet=("00:30", "05:45")),
    Who("snoozes over the change", KYIV, snooze=(19.51, 30.51), quiet=("23:00", "06:00")),
    Who("snoozes an hourly", NEW_YORK, ("hourly",), snooze=(25.26, 31.51)),
    Who("snoozes a digest", JAKARTA, ("daily 07:00", "daily 19:00"), snooze=(23.76, 25.01)),
    Who("on holiday", KYIV, pause=(10.26, 40.26), quiet=("22:00", "07:30"), urgent=frozenset({"NATO"})),
    Who("on holiday from digests", NEW_YORK, ("daily 08:00",), pause=(30.26, 54.26)),
    Who("tired of NATO", KYIV, silence=(20.26, 44.26)),
    Who("tired of NATO in digests", KYIV, ("daily 03:30", "daily 18:00"), silence=(20.26, 26.26)),
]


@dataclass(frozen=True)
class Article:
    """What comes in, a few seconds after the minute."""

    number: int
    at: datetime
    topics: tuple[str, ...]
    language: str


@dataclass(eq=False)
class Wall:
    """The walk: what a zone's wall clock shows at every minute, and what happens by it."""

    zone: str
    begin: datetime
    minutes: int
    shown: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        where = ZoneInfo(self.zone)
        walk = (self.begin + n * MINUTE for n in range(self.minutes))
        self.shown = [moment.astimezone(where).replace(tzinfo=None) for moment in walk]

    def moment(self, place: int) -> datetime:
        return self.begin + place * MINUTE

    @cache  # noqa: B019 - a wall lives as long as its test
    def strikes(self, clock: str) -> dict[date, datetime]:
        """When it is that time of day, on each day; where the clock jumps over it, as long after the jump as it lies
        within what was left out."""
        found: dict[date, datetime] = {}
        wanted = time.fromisoformat(clock)
        before = self.shown[0] - MINUTE
        for place, wall in enumerate(self.shown):
            meant = datetime.combine(wall.date(), wanted)
            if wall == meant:
                found.setdefault(wall.date(), self.moment(place))
            elif before + MINUTE <= meant < wall:
                found[wall.date()] = self.moment(place) + (meant - (before + MINUTE))
            before = wall
        return found

    @cache  # noqa: B019
    def full_hours(self) -> list[datetime]:
        return [self.moment(place) for place, wall in enumerate(self.shown) if wall.minute == 0]

    @cache  # noqa: B019
    def asleep(self, quiet: tuple[str, str]) -> list[bool]:
        """Whether each minute is quiet: from when the clock first reaches the start on a day to when it first reaches
        the end."""
        start, end = map(time.fromisoformat, quiet)
        overnight, state, slept, woke = start > end, False, set(), set()
        answers = []
        for wall in self.shown:
            day = wall.date()
            if wall.time() >= end and day not in woke:
                woke.add(day)
                state = False if overnight or day in slept else state
            if start <= wall.time() and (overnight or wall.time() < end) and day not in slept:
                slept.add(day)
                state = overnight or day not in woke
            answers.append(state)
        return answers


class Oracle:
    """Who must hear of which article at which minute."""

    def __init__(self, begin: datetime) -> None:
        self.begin = begin
        self.lead = 26 * 60
        self.walls: dict[str, Wall] = {}

    def wall(self, zone: str) -> Wall:
        if zone not in self.walls:
            self.walls[zone] = Wall(zone, self.begin - self.lead * MINUTE, self.lead + (DAYS + 9) * 24 * 60)
        return self.walls[zone]

    def span(self, hours: tuple[float, float]) -> tuple[datetime, datetime]:
        start, end = (self.begin + timedelta(hours=each) for each in hours)
        return whole(start), whole(end)

    def told(self, who: Who, article: Article) -> datetime | None:
        """The earliest of what its topics bring; None if nobody is told."""
        if who.languages and article.language not in who.languages:
            return None
        moments = [self.of_topic(who, article, topic) for topic in article.topics if topic in who.topics]
        return min((moment for moment in moments if moment), default=None)

    def of_topic(self, who: Who, article: Article, topic: str) -> datetime | None:
        moment = min(self.by(who, text, article.at, topic in who.urgent) for text in who.when)
        if who.snooze:
            start, end = self.span(who.snooze)
            if moment < end and (article.at >= start or moment >= start):
                moment = self.awake(who, end)
        if who.pause:
            start, end = self.span(who.pause)
            if start <= article.at < end or (article.at < start <= moment < end):
                moment = self.awake(who, end)
        if who.silence and topic == "NATO":
            start, end = self.span(who.silence)
            if start <= article.at < end or start <= moment < end:
                return None
        return moment

    def by(self, who: Who, when: str, at: datetime, urgent: bool) -> datetime:
        wall = self.wall(who.zone)
        kind, *rest = when.split()
        if kind == "now":
            moment = at if urgent else at + who.wait
            return moment if urgent else self.awake(who, moment)
        if kind == "hourly":
            moment = next(hour for hour in wall.full_hours() if hour > at)
            return moment if urgent else self.awake(who, moment)
        days = rest[0].split(",") if kind == "weekly" else ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        strikes = wall.strikes(rest[-1]).items()
        return min(moment for day, moment in strikes if moment > at and f"{day:%a}".lower() in days)

    def awake(self, who: Who, moment: datetime) -> datetime:
        """The moment itself, or when the quiet hours that it lies in end."""
        if who.quiet is None:
            return moment
        wall = self.wall(who.zone)
        asleep = wall.asleep(who.quiet)
        place = int((moment - wall.begin) / MINUTE)
        if not asleep[place]:
            return moment
        return wall.moment(next(n for n in range(place, len(asleep)) if not asleep[n]))


def whole(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def news(begin: datetime, seed: int) -> list[Article]:
    """Some fifteen articles, thicker around the hours in which clocks change."""
    dice = random.Random(seed)
    minutes = {dice.randrange(DAYS * 24 * 60) for _ in range(6)}
    minutes |= {24 * 60 + dice.randrange(10 * 60) for _ in range(9)}
    made = []
    for number, minute in enumerate(sorted(minutes), start=1):
        topics = dice.choice([("NATO",), ("Cocoa",), ("NATO", "Cocoa")])
        at = begin + minute * MINUTE + timedelta(seconds=20)
        made.append(Article(number, at, topics, dice.choice(["id", "uk"])))
    return made


class Script:
    """The days as they happen: articles, wishes, and every moment at which something is due."""

    def __init__(self, kit: Kit, rows, begin: datetime) -> None:
        self.kit, self.rows, self.now = kit, rows, begin
        kit.clock, kit.web = (lambda: self.now), self
        self.begin = begin
        self.heard: dict[str, list[tuple[datetime, frozenset[int]]]] = defaultdict(list)
        self.topics = {name: rows.topic(name, name.lower()) for name in ("NATO", "Cocoa")}
        self.feed = rows.feed()
        self.ids = {who.name: self.subscribe(who) for who in EVERYBODY}

    def subscribe(self, who: Who) -> tuple[int, int]:
        to = f"https://receiver.example/{len(self.rows.all('SELECT id FROM channels'))}"
        channel = self.rows.channel(who.name, to, kind="webhook")
        subscription = self.rows.subscription(
            who.topics,
            [who.name],
            created_at=self.begin - timedelta(days=9),
            changed_at=self.begin - timedelta(days=9),
            when=list(who.when),
            timezone=who.zone,
            quiet="-".join(who.quiet) if who.quiet else None,
            wait_s=who.wait.total_seconds(),
            urgent=sorted(who.urgent),
            languages=list(who.languages),
            group="off",
        )
        return channel, subscription

    async def ask(self, request) -> Reply:
        """Whoever is told; remembers when of which articles."""
        who = EVERYBODY[int(request.url.rpartition("/")[2])]
        articles = frozenset(map(int, re.findall(rb"https://story\.example/(\d+)", request.body)))
        self.heard[who.name].append((self.now, articles))
        return Reply(200, {}, b"ok", request.url)

    def run(self, articles: list[Article]) -> None:
        wishes = [wish for who in EVERYBODY for wish in self.wishes(who)]
        script = sorted(
            [*wishes, *((each.at, lambda each=each: self.publish(each)) for each in articles)], key=first
        )
        end = self.begin + timedelta(days=DAYS + 8)
        while True:
            due = self.rows.one(
                "SELECT min(due_at) FROM deliveries WHERE state IN ('collecting', 'ready', 'waiting') "
                "AND due_at < '9000-01-01Z'"
            )
            following = min(filter(None, (due, script[0][0] if script else None)), default=end)
            if following >= end:
                return
            self.now = max(self.now, following)
            self.rows.change("UPDATE scripted SET at = :now", now=self.now)
            while script and script[0][0] <= self.now:
                script.pop(0)[1]()
            plan(self.kit)
            asyncio.run(send(Outbox(self.kit, None), seconds=0.01))

    def wishes(self, who: Who):
        oracle = Oracle(self.begin)
        channel, subscription = self.ids[who.name]
        if who.snooze:
            start, end = oracle.span(who.snooze)
            yield start, lambda: self.do(keeping.snooze, subscription, end, start)
        if who.pause:
            start, end = oracle.span(who.pause)
            yield start, lambda: self.do(keeping.pause, subscription, start)
            yield end, lambda: self.do(keeping.resume, subscription, end)
        if who.silence:
            since, until = oracle.span(who.silence)
            about = {"scope": "topic", "what": self.topics["NATO"], "channel": channel, "by": "rina"}
            yield since, lambda: self.do(silences.add, since=since, until=until, **about)

    def do(self, action, *facts, **named) -> None:
        with self.kit.engine.begin() as connection:
            action(connection, *facts, **named)

    def publish(self, article: Article) -> None:
        seen = dict.fromkeys(("published_at", "seen_at", "read_at"), article.at)
        number = self.rows.article(
            self.feed, url=f"https://story.example/{article.number}", language=article.language, **seen
        )
        for topic in article.topics:
            self.rows.match(self.topics[topic], number)


def first(pair):
    return pair[0]


@pytest.fixture
def scripted(new_database, template, keys, monkeypatch):
    """Tools and rows on a database whose clock is the script's."""
    engine = open_engine(new_database("pantau_days", template))
    event.listen(engine, "connect", _own_clock_first)
    with engine.begin() as connection:
        connection.exec_driver_sql(SCRIPTED_CLOCK)
    nothing = lambda _desk: None  # noqa: E731
    kit = Kit(engine=engine, web=None, keys=keys, clock=lambda: None, settled=nothing)
    yield kit
    engine.dispose()


def _own_clock_first(connection, _record):
    connection.execute("SET search_path = public, pg_catalog")
    connection.commit()


@pytest.mark.servers
@pytest.mark.parametrize("change", CLOCK_CHANGES.values(), ids=CLOCK_CHANGES.keys())
def test_everybody_hears_exactly_what_the_rules_say_at_the_minute_they_say(scripted, rows, change):
    rows.engine = scripted.engine
    begin = datetime.combine(change - timedelta(days=1), time(0), UTC)
    articles = news(begin, seed=change.toordinal())
    script, oracle = Script(scripted, rows, begin), Oracle(begin)
    script.run(articles)
    for who in EVERYBODY:
        must = {each.number: oracle.told(who, each) for each in articles}
        heard = [(whole(at), number) for at, numbers in script.heard[who.name] for number in numbers]
        assert {number: at for at, number in heard} == {
            number: whole(at) for number, at in must.items() if at is not None
        }, who.name
        assert len(heard) == len({number for _, number in heard}), f"{who.name} heard of something twice"
        bundles = [at for at, _ in script.heard[who.name] if at == whole(at)]
        assert len(bundles) == len(set(bundles)), f"{who.name} got two messages where one would do"
    with scripted.engine.connect() as connection:
        found = audit(connection)
        assert (found.lost, found.doubled, found.waiting, found.failed, found.expired) == (0, 0, 0, 0, 0)
        assert connection.execute(
            text("SELECT count(*) FROM alerts WHERE suppressed = 'silenced'")
        ).scalar_one()


@pytest.mark.parametrize("change", CLOCK_CHANGES.values(), ids=CLOCK_CHANGES.keys())
def test_at_whatever_minute_of_such_days_an_article_comes_it_is_planned_for_when_the_rules_say(
    news_of, subscription_of, change
):
    begin = datetime.combine(change - timedelta(days=1), time(0), UTC)
    oracle = Oracle(begin)
    here = [who for who in EVERYBODY if not (who.snooze or who.pause or who.silence)]
    subscriptions = {who.name: subscription_of(**_declared(who, begin)) for who in here}
    for place in range(0, DAYS * 24 * 60, 11):
        article = Article(1, begin + place * MINUTE + timedelta(seconds=20), ("NATO",), "id")
        news = news_of(**dict.fromkeys(("published_at", "seen_at", "read_at"), article.at))
        for who in here:
            (decision,) = decide([news], [subscriptions[who.name]], {}, {}, article.at)
            due, must = decision.bundle.due_at, oracle.told(who, article)
            assert whole(due) == whole(must), f"{who.name}, {article.at}"


def _declared(who: Who, begin: datetime) -> dict[str, object]:
    return {
        "created_at": begin - timedelta(days=9),
        "when": who.when,
        "timezone": who.zone,
        "quiet": "-".join(who.quiet) if who.quiet else None,
        "wait_s": who.wait.total_seconds(),
        "urgent": frozenset({1}) if "NATO" in who.urgent else frozenset(),
        "languages": who.languages,
    }
