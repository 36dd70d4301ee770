"""Everything at its most talkative, with secrets that are easy to find: they must be nowhere but where they belong.

Each secret holds a word that stands nowhere else. After a run at DEBUG with receivers that refuse and lose answers,
the words are looked for in the logs, in all that Celery ever wrote into Valkey, in every table, in the answers of all
commands and in error pages.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from sqlalchemy import text

from ops.__main__ import main
from ops.lockfile import find_running
from ops.newsroom import Accept, Refuse, Script, SlackSink
from tests.ports import MailServer
from worker.secrets import Secret
from worker.store.engine import open_engine

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),  # on loopback
]

WORDS = {
    "hook": "canaryhookcanaryhook",
    "web hook": "canarywebhookaddress",
    "signing secret": "Y2FuYXJ5c2lnbmluZ3NlY3JldGNhbmFyeQ==",
    "bot token": "canarybottokencanary",
    "smtp password": "canarysmtppassword1",
    "feed password": "canaryfeedpassword1",
    "feed header": "canaryfeedheader123",
    "apprise address": "canaryapprisetopic",
    "admin password": "canaryadminpassword",
    "log-in that fails": "canarywrongpassword",
    "api token": "canaryapitoken12345",
    "heartbeat": "canaryheartbeatpath1",
    "hub callback": "canarywebsubtoken123",
    "unsubscribe token": "canaryunsubscribetoken",
    "guessed feed": "canaryguessedfeed123",
}


class Mailbox:
    """Takes every message of whoever logs in, and remembers the first login."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.logins: list[bytes] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.messages.append(envelope.content)
        return "250 taken"

    def login(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data.password)
        return AuthResult(success=True)


class Relay(MailServer):
    def factory(self) -> SMTP:
        return SMTP(
            self.handler, authenticator=self.handler.login, auth_required=True, auth_require_tls=False
        )


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    relay = Relay(Mailbox())
    relay.start()
    try:
        yield relay.handler, relay.port
    finally:
        relay.stop()


def watchlist(w: Any) -> str:
    hooks = re.search(r'slack = "(http://[^/]+)', w.machine.watchlist.read_text())
    assert hooks
    return f'''
[[feed]]
url = "{w.site}/sentra/rss.xml"
name = "Sentra Niaga"
every = "5s"
user = "reader"
password = "env:FEED_PASSWORD"
headers = {{ X-Feed-Key = "{WORDS["feed header"]}" }}
[[topic]]
name = "Ukraina"
query = "@ukraine"
[[channel]]
name = "meja"
slack = "{hooks[1]}/services/T0/B0/{WORDS["hook"]}"
[[channel]]
name = "risiko"
webhook = "{w.site}/hook/{WORDS["web hook"]}"
secret = "whsec_{WORDS["signing secret"]}"
[[channel]]
name = "ponsel"
apprise = "ntfy://127.0.0.1:9/{WORDS["apprise address"]}"
[[channel]]
name = "ruang"
slack_channel = "C0123456789"
[[channel]]
name = "dewi"
email = "dewi@risk.example"
[[subscription]]
name = "semua"
topics = ["Ukraina"]
channels = ["meja", "risiko", "ponsel", "ruang", "dewi"]
cap_per_hour = 500
group = "off"
'''


def environ(port: int) -> dict[str, str]:
    return {
        "PANTAU_LOG_LEVEL": "debug",
        "PANTAU_LOG": "json",
        "PANTAU_SLACK_TOKEN": f"xoxb-1-2-{WORDS['bot token']}",
        "PANTAU_SMTP_URL": f"smtp://pantau:{WORDS['smtp password']}@127.0.0.1:{port}?tls=none",
        "PANTAU_ADMIN_PASSWORD": WORDS["admin password"],
        "PANTAU_API_TOKEN": f"pnt_1_{WORDS['api token']}",
        "PANTAU_HEARTBEAT_URL": f"http://127.0.0.1:9/{WORDS['heartbeat']}",
        "PANTAU_SLACK_API": "http://127.0.0.1:9/api",
        "FEED_PASSWORD": WORDS["feed password"],
    }


COMMANDS = (
    *(
        "status",
        "audit",
        "audit --list held",
        "doctor",
        "health",
        "feeds list",
        "topics list",
        "channels list",
    ),
    *("subscriptions list", "deliveries list --limit 500", "articles search ukraina", "keys list"),
    *("topics feed Ukraina --list", "deliveries list --csv", "export", "channels test risiko"),
)


@dataclass
class Commands:
    """Runs commands in this process, which is quicker than a new one for each."""

    environ: Mapping[str, str]
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> tuple[str, str]:
        """Its stdout and stderr, whatever its end."""
        with self.monkeypatch.context() as here:
            for name, value in self.environ.items():
                here.setenv(name, value)
            self.capsys.readouterr()
            with pytest.raises(SystemExit):
                main(list(arguments))
        said = self.capsys.readouterr()
        return said.out, said.err


def answers(commands: Commands, site: str) -> Iterator[tuple[str, str]]:
    """What every command says, in words and in JSON, stderr too."""
    listed = commands.run("deliveries", "list", "--json")[0].splitlines()
    shows = [f"deliveries show {json.loads(line)['id']}" for line in listed]
    assert len(shows) >= 10
    for command in (*COMMANDS, f"why {site}/sentra/satu", *shows):
        for extra in ((), ("--json",)):
            yield f"pantau {command} {' '.join(extra)}", "".join(commands.run(*command.split(), *extra))


def page(address: str, path: str, form: dict[str, str] | None = None) -> str:
    data = urllib.parse.urlencode(form).encode() if form else None
    try:
        with urllib.request.urlopen(f"{address}{path}", data, timeout=10) as answer:
            return f"{answer.headers}{answer.read().decode()}"
    except urllib.error.HTTPError as error:
        return f"{error.headers}{error.read().decode()}"


def pages(address: str, token: str) -> Iterator[tuple[str, str]]:
    for path in (
        f"/feeds/topics/{token}.atom",
        f"/feeds/topics/{token}.json",
        f"/feeds/topics/{WORDS['guessed feed']}.atom",
        f"/websub/{WORDS['hub callback']}",
        f"/u/{WORDS['unsubscribe token']}",
        f"/nothing?token={WORDS['api token']}",
    ):
        yield path, page(address, path)
    form = {"name": "admin", "password": WORDS["log-in that fails"], "csrf": "x", "next": "/"}
    yield "/login", page(address, "/login", form)


def files(data_dir: Path) -> Iterator[tuple[str, str]]:
    """Everything that was written beside the database, Valkey's append-only file among it: it has every message."""
    for path in data_dir.rglob("*"):
        if path.is_file() and path.relative_to(data_dir).parts[0] != "pg" and path.name != "secret.key":
            yield str(path), path.read_bytes().decode("utf-8", "replace")


def rows(data_dir: Path) -> Iterator[tuple[str, str]]:
    running = find_running(data_dir)
    assert running
    engine = open_engine(Secret(running.database), pooled=False)
    names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    with engine.connect() as connection:
        for name in connection.execute(text(names)).scalars().all():
            yield (
                f"table {name}",
                "\n".join(connection.execute(text(f'SELECT to_jsonb(t)::text FROM "{name}" t')).scalars()),
            )
    engine.dispose()


def test_no_secret_is_anywhere_but_where_it_belongs(
    world: Any,
    story: Any,
    eventually: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    troubles = (Refuse(429, "rate_limited", 1), Refuse(500, f"internal_error {WORDS['hook']}"), Accept())
    slack = SlackSink(Script(anybody=troubles))
    w = world((story("satu", "Rapat Ukraina dibuka"), story("dua", "Rapat Ukraina ditutup")), slack=slack)
    with mail_server() as (mailbox, port):
        w.machine.watchlist.write_text(watchlist(w))
        w.machine.environ |= environ(port)
        commands = Commands(w.machine.environ, monkeypatch, capsys)
        w.machine.start()
        eventually(lambda: w.newsroom.requests["/sentra/rss.xml"] > 0, 90, "the first poll")
        token = json.loads(commands.run("topics", "feed", "Ukraina", "--json")[0])["atom"]
        token = token.rsplit("/", 1)[1].removesuffix(".atom")
        w.newsroom.publish("satu")
        eventually(lambda: w.slack_told("satu") >= 1 and len(mailbox.messages) >= 1, 60, "both are told")
        assert mailbox.logins[0] == WORDS["smtp password"].encode()

        found = dict(pages(w.machine.address, token))
        assert "Rapat Ukraina dibuka" in found[f"/feeds/topics/{token}.atom"]
        commands.run("topics", "feed", "Ukraina", "--revoke")
        found |= {f"revoked {path}": said for path, said in pages(w.machine.address, token)}
        assert "No longer here" in found[f"revoked /feeds/topics/{token}.atom"]

        commands.run("keys", "rotate")
        phrases = (w.machine.data_dir / "secret.key").read_text().split()
        fresh, before = (json.loads(line) for line in commands.run("keys", "list", "--json")[0].splitlines())
        assert (len(phrases), fresh["secrets"] > 5, before["secrets"]) == (2, True, 0)
        w.newsroom.publish("dua")
        eventually(lambda: w.slack_told("dua") >= 1, 90, "told after keys were rotated")

        found |= dict(answers(commands, w.site)) | dict(rows(w.machine.data_dir))
        w.machine.stop()
        found |= dict(files(w.machine.data_dir))
        found["the log"] = w.machine.log()

    aofs = [said for name, said in found.items() if ".aof" in name]
    assert any("worker.poll" in said or "celery" in said for said in aofs), "Valkey's messages were looked at"
    assert '"level": "debug"' in found["the log"], "the log is talkative"
    looked_for = {**WORDS, "feed token": token, "the fresh key": phrases[0], "the old key": phrases[1]}
    seen = sorted(
        f"{what} in {where}"
        for what, word in looked_for.items()
        for where, said in found.items()
        if word in said
    )
    assert not seen, "\n".join(seen)
