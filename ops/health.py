"""Is this installation ready? Each part is asked at once with the others, and none may keep us waiting.

The answer is for load balancers and strangers, so it names no host, no user and no version.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

import redis

from ops import kit, migrations
from ops.said import said
from ops.store.readiness import ages, hurry
from worker.secrets import Secret
from worker.settings import Settings
from worker.store.engine import Connection, DatabaseTrouble, Engine, PoolExhausted, open_engine

TICK_LATE_S = 15.0
DELIVERY_LATE_S = 300.0
BROKER_PATIENCE_S = 0.7
DATABASE_PATIENCE_S = 2.0

_FROM_DATABASE = ("database", "migrations", "tick", "deliveries")


@dataclass(frozen=True, slots=True)
class Part:
    """Whether one part is ready, and what there is to say about it."""

    ready: bool
    detail: str


Parts = Mapping[str, Part]


@dataclass(frozen=True, slots=True)
class Readiness:
    """All parts at one instant."""

    parts: Parts

    @property
    def ready(self) -> bool:
        """Whether every part is."""
        return all(part.ready for part in self.parts.values())

    def as_json(self) -> dict[str, object]:
        """`{"ready": bool, "parts": {name: {"ready": bool, "detail": str}}}`."""
        parts = {name: {"ready": part.ready, "detail": part.detail} for name, part in self.parts.items()}
        return {"ready": self.ready, "parts": parts}


@dataclass(frozen=True, slots=True)
class Probe:
    """One question: how to ask it, how long to wait, and what silence means."""

    name: str
    ask: Callable[[], Parts]
    patience_s: float
    silence: Parts


@dataclass(slots=True)
class Checks:
    """Asks all probes side by side. A probe that has not come back yet is waited for, never sent twice, so
    a server that hangs costs one thread however often we are asked."""

    probes: tuple[Probe, ...]
    _out: dict[str, Future[Parts]] = field(default_factory=dict)

    async def look(self) -> Readiness:
        """How ready everything is; takes no longer than the most patient probe."""
        found = await asyncio.gather(*(self._answer(probe) for probe in self.probes))
        return Readiness({name: part for parts in found for name, part in parts.items()})

    async def _answer(self, probe: Probe) -> Parts:
        answer = asyncio.wrap_future(self._sent_out(probe))
        done, _ = await asyncio.wait({answer}, timeout=probe.patience_s)
        return answer.result() if done else probe.silence

    def _sent_out(self, probe: Probe) -> Future[Parts]:
        running = self._out.get(probe.name)
        if running is not None and not running.done():
            return running
        future: Future[Parts] = Future()
        self._out[probe.name] = future
        threading.Thread(target=_run, args=(probe, future), name=f"ready-{probe.name}", daemon=True).start()
        return future


def _run(probe: Probe, future: Future[Parts]) -> None:
    try:
        future.set_result(probe.ask())
    except Exception:  # noqa: BLE001  whatever went wrong, the part is not ready, and readiness must still answer
        future.set_result(probe.silence)


def checks(engine: Engine, redis_url: Secret | None) -> Checks:
    """The probes of an installation. `engine` should hand out connections of its own (no pool), so that
    busy pages do not make the installation look unready."""
    head = migrations.head()
    database = Probe(
        "database", lambda: ask_database(engine, head), DATABASE_PATIENCE_S, _unknown(said("does not answer"))
    )
    broker = Probe(
        "broker",
        lambda: {"broker": ask_broker(redis_url)},
        BROKER_PATIENCE_S,
        {"broker": Part(False, said("does not answer"))},
    )
    return Checks((database, broker))


def ask_database(engine: Engine, head: str) -> Parts:
    """What the database tells: itself, its tables' version, the beat, the oldest message that is due."""
    try:
        with engine.connect() as connection:
            hurry(connection)
            found = migrations.current(connection)
            newer = found is not None and migrations.is_newer(found)
            if found != head and not newer:
                return _other_tables(found)
            told = (
                said("of a newer version, which this one works with while it is replaced")
                if newer
                else said("up to date")
            )
            answers = {"database": Part(True, said("answers")), "migrations": Part(True, told)}
            return answers | _ages(connection)
    except (DatabaseTrouble, PoolExhausted):
        return _unknown(said("does not answer"))


def ask_broker(redis_url: Secret | None) -> Part:
    """Whether the broker answers a PING."""
    if redis_url is None:
        return Part(False, said("none is named: set PANTAU_REDIS_URL"))
    try:
        with _broker(redis_url) as broker:
            broker.ping()
    except (redis.RedisError, OSError, ValueError):
        return Part(False, said("does not answer"))
    return Part(True, said("answers"))


def broker_version(settings: Settings | None) -> str | None:
    """Which broker it is: "Valkey 9.0.1"; None where none is named or none answers."""
    if settings is None or settings.redis_url is None:
        return None
    try:
        with _broker(settings.redis_url) as broker:
            told = broker.info("server")
    except (redis.RedisError, OSError, ValueError):
        return None
    if "valkey_version" in told:
        return f"Valkey {told['valkey_version']}"
    return f"Redis {told.get('redis_version', '')}".strip()


def _broker(redis_url: Secret) -> redis.Redis:
    """A way to the broker that does not wait long."""
    return redis.Redis.from_url(
        _as_redis(redis_url),
        socket_timeout=BROKER_PATIENCE_S,
        socket_connect_timeout=BROKER_PATIENCE_S,
    )


def _as_redis(url: Secret) -> str:
    """Celery's names for a Unix socket and for the database behind it are not the client's."""
    told = url.reveal()
    if not told.startswith("redis+socket://"):
        return told
    return told.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=", 1)


def _ages(connection: Connection) -> dict[str, Part]:
    found = ages(connection)
    return {"tick": tick_part(found.tick_s), "deliveries": deliveries_part(found.overdue_s)}


def tick_part(age_s: float | None) -> Part:
    """What the age of the beat's last tick means; None: it has never ticked."""
    if age_s is None:
        return Part(False, said("the beat has never ticked: is `pantau beat` running?"))
    return Part(
        age_s < TICK_LATE_S, said("last tick {n} s ago, expected each second", n=f"{max(age_s, 0):.0f}")
    )


def deliveries_part(overdue_s: float | None) -> Part:
    """What the age of the oldest due delivery means; None: nothing is due."""
    if overdue_s is None:
        return Part(True, said("nothing is overdue"))
    return Part(
        overdue_s < DELIVERY_LATE_S, said("the oldest is due for {n} s", n=f"{max(overdue_s, 0):.0f}")
    )


def _other_tables(found: str | None) -> Parts:
    untold = Part(False, said("not known before the migration"))
    none = said("no tables yet: run `pantau migrate`")
    other = said("the tables are of another version: run `pantau migrate`")
    behind = Part(False, none if found is None else other)
    return {
        "database": Part(True, said("answers")),
        "migrations": behind,
        "tick": untold,
        "deliveries": untold,
    }


def _unknown(why: str) -> Parts:
    untold = Part(False, said("not known: the database does not answer"))
    return {name: Part(False, why) if name == "database" else untold for name in _FROM_DATABASE}


def of_installation(settings: Settings | None = None) -> Readiness:
    """How ready the installation of these settings is (default: the environment's). Raises Unavailable where
    none is named and nothing runs."""
    found = settings or kit.settings_of()
    engine = open_engine(kit.database(found), pooled=False)
    return asyncio.run(checks(engine, found.redis_url).look())
