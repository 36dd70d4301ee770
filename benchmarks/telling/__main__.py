"""`python -m benchmarks.telling`: decisions a second, and messages a second to receivers that say yes at once.

The receivers are processes of their own, so their work is not counted but for the second core that they take.
"""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
import structlog
from sqlalchemy import text

from alerts.channels import channels as registry
from alerts.desks.plan import plan
from alerts.desks.send import Outbox, exchange, send
from alerts.model import Channel, ChannelId, Item, Letter
from alerts.post import MailDoor, parse_smtp_url
from benchmarks.telling.planting import KEYS, Size, world
from benchmarks.telling.sinks import Sinks, sinks
from ops import migrations
from ops.kit import clock
from ops.servers import bundled
from worker.http import Web
from worker.kit import Kit
from worker.model import ArticleId
from worker.secrets import Secret
from worker.store.engine import Engine, open_engine

LOOPBACK = ip_network("127.0.0.0/8")
KINDS = ("slack_webhook", "slack_bot", "webhook", "email")
MANY = Size(subscriptions=1000, channels=1000, one_in=100)
SENDER = {"from": "Pantau <pantau@b.example>", "public_url": "https://b.example"}


@dataclass(frozen=True)
class Rate:
    """So many of something in so many seconds, by the wall and by this process's CPU."""

    n: int
    wall_s: float
    cpu_s: float

    @property
    def per_second(self) -> float:
        """By the wall."""
        return self.n / self.wall_s

    def as_json(self) -> dict[str, float]:
        """The figures by name."""
        each = {"ms": self.wall_s / self.n * 1000, "cpu_ms": self.cpu_s / self.n * 1000}
        return {"n": self.n, "per_second": round(self.per_second, 1)} | {
            k: round(v, 3) for k, v in each.items()
        }


@click.command()
@click.option("--articles", default=2000, show_default=True, help="Matched articles to be decided about.")
@click.option("--messages", default=500, show_default=True, help="Messages to each kind of receiver.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False), help="Write all figures there.")
def main(articles: int, messages: int, json_file: str | None) -> None:
    """Measure how fast people are told."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="pantau-telling-") as place:
        Path(place).chmod(0o711)
        with bundled(Path(place) / "data", log=lambda *_: None, forget=True) as urls, sinks() as receivers:
            found = {
                "planning": _planning(urls.database, Size(articles=articles)),
                "planning, 1,000 subscriptions": _planning(urls.database, replace(MANY, articles=articles)),
                "sending": _sending(urls.database, receivers, messages),
                "alone": _alone(receivers, messages),
                "peers": _peers(receivers, messages),
            }
    for line in _in_words(found):
        click.echo(line)
    if json_file:
        Path(json_file).write_text(json.dumps(found, indent=1), encoding="utf-8")


def _timed(n: int, work: Callable[[], object]) -> Rate:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Rate(n, time.perf_counter() - wall, time.process_time() - cpu)


@contextmanager
def _fresh(database: str) -> Iterator[Engine]:
    engine = open_engine(Secret(database))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    migrations.upgrade(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def _kit(engine: Engine, web: Any = None) -> Kit:
    return Kit(engine=engine, web=web, keys=KEYS, clock=clock, settled=lambda _: None)


def _planning(database: str, size: Size) -> dict[str, Any]:
    with _fresh(database) as engine:
        world(engine, size)
        with engine.connect() as connection:
            matches = connection.execute(text("SELECT count(*) FROM matches")).scalar_one()
        rate = _timed(matches, lambda: plan(_kit(engine)))
        with engine.connect() as connection:
            made = connection.execute(
                text(
                    "SELECT (SELECT count(*) FROM alerts) AS alerts, (SELECT count(*) FROM deliveries) AS deliveries"
                )
            ).one()
    decisions = Rate(made.alerts, rate.wall_s, rate.cpu_s)
    return {"matches": rate.as_json(), "decisions": decisions.as_json(), "deliveries": made.deliveries}


def _targets(receivers: Sinks) -> dict[str, str]:
    return {
        "slack_webhook": f"{receivers.http}/services/T1/B1/secret",
        "slack_bot": "C0123456789",
        "webhook": f"{receivers.http}/hook",
        "email": "rina@b.example",
    }


def _outbox(engine: Engine | None, receivers: Sinks, web: Web) -> Outbox:
    mail = MailDoor(parse_smtp_url(receivers.smtp))
    kit = _kit(engine, web)  # type: ignore[arg-type]
    sender = {**SENDER, "slack_api": f"{receivers.http}/api"}
    return Outbox(kit, mail, sender, tokens={"slack": Secret("xoxb-benchmark")})


def _sending(database: str, receivers: Sinks, messages: int) -> dict[str, Any]:
    """Messages that are due, through the send desk: claimed, written down before and after, sent."""
    found: dict[str, Any] = {}
    for kind, target in _targets(receivers).items():
        with _fresh(database) as engine:
            _plant_messages(engine, kind, target, messages)

            async def run(engine: Engine = engine) -> None:
                async with Web(allow=(LOOPBACK,)) as web:
                    outbox = _outbox(engine, receivers, web)
                    while await send(outbox, seconds=600):
                        pass

            rate = _timed(messages, lambda: asyncio.run(run()))
            with engine.connect() as connection:
                sent = connection.execute(
                    text("SELECT count(*) FROM deliveries WHERE state = 'sent'")
                ).scalar_one()
            if sent != messages:
                raise click.ClickException(f"{kind}: only {sent} of {messages} messages were sent")
            found[kind] = rate.as_json()
    return found


def _plant_messages(engine: Engine, kind: str, target: str, messages: int) -> None:
    """Each message to a channel of its own: what limits here is the desk, not a receiver's pace."""
    world(engine, Size(topics=1, subscriptions=0, channels=0, articles=messages, matches=1))
    credential = {"email": "smtp", "slack_bot": "slack"}.get(kind)
    with engine.begin() as connection:
        rows = [
            {
                "name": f"m{n}",
                "kind": kind,
                "target": KEYS.seal(Secret(target), f"channel:m{n}:target"),
                "credential": credential,
            }
            for n in range(messages)
        ]
        connection.execute(
            text("""INSERT INTO channels (name, kind, target, target_ref, fingerprint, credential, declared)
                    VALUES (:name, :kind, :target, 'env:X', :name, :credential, true)"""),
            rows,
        )
        connection.execute(
            text("INSERT INTO subscriptions (name, topics, channels) VALUES ('s', '{topic 1}', '{}')")
        )
        for statement in (
            """INSERT INTO deliveries (channel_id, subscription_id, kind, bundle, state, due_at, on_doubt, expires_at)
               SELECT c.id, (SELECT max(id) FROM subscriptions), 'article', 'article:' || c.id, 'ready', now(),
                      'resend', now() + interval '1 day' FROM channels c""",
            """WITH d AS (SELECT id, channel_id, row_number() OVER (ORDER BY id) AS n FROM deliveries),
                    m AS (SELECT id, article_id, row_number() OVER (ORDER BY id) AS n FROM matches)
               INSERT INTO alerts (match_id, subscription_id, channel_id, delivery_id, reason)
               SELECT m.id, (SELECT max(id) FROM subscriptions), d.channel_id, d.id, 'at_once'
               FROM d JOIN m USING (n)""",
            """INSERT INTO delivery_articles (delivery_id, article_id, channel_id)
               SELECT a.delivery_id, m.article_id, a.channel_id FROM alerts a JOIN matches m ON m.id = a.match_id""",
            "UPDATE matches SET state = 'planned'",
        ):
            connection.execute(text(statement))
        connection.execute(text("ANALYZE"))


def _letter() -> Letter:
    now = clock()
    item = Item(
        article=ArticleId(1),
        title="Perundingan pakta pertahanan dimulai di Kyiv",
        url="https://news.example.id/perundingan",
        source="Harian Contoh",
        topics=("NATO",),
        quote="Sekretaris jenderal NATO tiba di Kyiv pada Senin pagi untuk perundingan.",
        marks=((21, 25),),
        published_at=now,
        seen_at=now,
        language="id",
    )
    return Letter(str(uuid4()), "article", (item,), now, ("desk",), ("NATO",))


def _alone(receivers: Sinks, messages: int) -> dict[str, Any]:
    """The same messages composed and sent one after the other, without ledger: what the peers do."""
    found = {}
    for kind, target in _targets(receivers).items():
        channel = registry()[kind]
        row = Channel(
            id=ChannelId(1),
            name="b",
            kind=kind,
            to=Secret(target),
            options={**SENDER, "slack_api": f"{receivers.http}/api"},
            secret=Secret("xoxb-benchmark" if kind == "slack_bot" else ""),
        )

        async def run(channel: Any = channel, row: Channel = row) -> None:
            async with Web(allow=(LOOPBACK,)) as web:
                outbox = _outbox(None, receivers, web)
                for _ in range(messages):
                    channel.judge(await exchange(outbox, channel.compose(_letter(), row)))

        found[kind] = _timed(messages, lambda: asyncio.run(run())).as_json()
    return found


def _peers(receivers: Sinks, messages: int) -> dict[str, Any]:
    """What people post and mail with, each with its own defaults and the same words; left out where not installed."""
    found: dict[str, Any] = {}
    for name, make in (
        ("slack_sdk, webhook", _slack_sdk_hook),
        ("slack_sdk, bot", _slack_sdk_bot),
        ("apprise, json", _apprise),
        ("redmail", _redmail),
    ):
        with suppress(ImportError):
            work = make(receivers)
            work()
            found[name] = _timed(messages, lambda work=work: [work() for _ in range(messages)]).as_json()  # type: ignore[misc]
    return found


def _slack_payload() -> dict[str, Any]:
    from alerts.channels._slack_blocks import message  # noqa: PLC0415

    return message(_letter())


def _slack_sdk_hook(receivers: Sinks) -> Callable[[], object]:
    from slack_sdk.webhook import WebhookClient  # noqa: PLC0415

    client = WebhookClient(f"{receivers.http}/services/T1/B1/secret")
    return lambda: client.send_dict(_slack_payload())


def _slack_sdk_bot(receivers: Sinks) -> Callable[[], object]:
    from slack_sdk import WebClient  # noqa: PLC0415

    client = WebClient("xoxb-benchmark", base_url=f"{receivers.http}/api/")
    return lambda: client.api_call("chat.postMessage", json={"channel": "C0123456789", **_slack_payload()})


def _apprise(receivers: Sinks) -> Callable[[], object]:
    import apprise  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

    pushing = apprise.Apprise()
    pushing.add(receivers.http.replace("http://", "json://") + "/hook")
    letter = _letter()
    return lambda: pushing.notify(title=letter.items[0].title, body=letter.items[0].quote)


def _redmail(receivers: Sinks) -> Callable[[], object]:
    import redmail  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

    sender = redmail.EmailSender("127.0.0.1", receivers.mail_port, use_starttls=False)  # type: ignore[attr-defined,unused-ignore]
    channel = registry()["email"]
    row = Channel(ChannelId(1), "b", "email", Secret("rina@b.example"), SENDER)
    from email import message_from_bytes, policy  # noqa: PLC0415

    def work() -> object:
        mail = channel.compose(_letter(), row)
        parsed = message_from_bytes(mail.message, policy=policy.default)  # type: ignore[union-attr]
        bodies = {
            part.get_content_type(): part.get_content() for part in parsed.walk() if not part.is_multipart()
        }
        return sender.send(
            subject=str(parsed["subject"]),
            sender="pantau@b.example",
            receivers=["rina@b.example"],
            text=bodies["text/plain"],
            html=bodies["text/html"],
        )

    return work


def _in_words(found: dict[str, Any]) -> Iterator[str]:
    for title in ("planning", "planning, 1,000 subscriptions"):
        yield f"{title}\n" + "\n".join(_line(name, found[title][name]) for name in ("matches", "decisions"))
    for title, part in (
        ("sending, with the ledger, each message to a channel of its own", "sending"),
        ("composing and sending alone, one after the other", "alone"),
        ("others, one after the other", "peers"),
    ):
        yield f"\n{title}"
        yield from (_line(name, rate) for name, rate in found[part].items())


def _line(name: str, rate: dict[str, float]) -> str:
    each = f"{rate['ms']:7.2f} ms, {rate['cpu_ms']:6.2f} ms CPU each"
    return f"  {name:<20} {rate['n']:>7,.0f}  {rate['per_second']:>9,.1f} a second  {each}"


if __name__ == "__main__":
    main()
