"""Everything the operator can set, as one frozen value read once from the environment.

`from_env` is pure but for reading the files that `NAME_FILE` variables name. A value that cannot be
understood ends the start with exit 78 and a sentence. An unknown `PANTAU_…` name is only reported
(`unknown_names`): Kubernetes sets some by itself for a service called pantau.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from worker.errors import BadConfiguration
from worker.secrets import Secret

Get = Callable[[str], str | None]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SECRETS = (
    "PANTAU_DATABASE_URL",
    "PANTAU_REDIS_URL",
    "PANTAU_SECRET_KEY",
    "PANTAU_SMTP_URL",
    "PANTAU_SLACK_TOKEN",
    "PANTAU_SLACK_SIGNING_SECRET",
    "PANTAU_ADMIN_PASSWORD",
    "PANTAU_API_TOKEN",
    "PANTAU_HEARTBEAT_URL",
    "PANTAU_PROXY_URL",
)
_PLAIN = (
    "PANTAU_DATA_DIR",
    "PANTAU_PUBLIC_URL",
    "PANTAU_HOST",
    "PANTAU_PORT",
    "PANTAU_MAIL_FROM",
    "PANTAU_SLACK_API",
    "PANTAU_ALLOW_NETS",
    "PANTAU_LOG",
    "PANTAU_LOG_LEVEL",
    "PANTAU_OPERATOR_CHANNEL",
    "PANTAU_KEEP_ARTICLES",
    "PANTAU_KEEP_LEDGER",
    "PANTAU_METRICS",
    "PANTAU_ROBOTS",
    "PANTAU_SELF_TEST",
    "PANTAU_COMPILED",
)
_FOREIGN = ("PANTAU_PYTHON", "PANTAU_DATA", "PANTAU_WORKER_NAME", "PANTAU_RUN", "PANTAU_CRASH_AT")
"""Of the launcher, the tests and the supervisor; no settings."""
_SENDER = re.compile(
    r"(?=[^\x00-\x1f\x7f\u2028\u2029]*\Z)(?:[^<>@]*<[^\s<>@,]+@[^\s<>@,]+>|[^\s<>@,]+@[^\s<>@,]+)"
)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)")
_LEAST_SELF_TEST_S = 10.0
_LONGEST_KEEP_S = 36500 * 86400.0
_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs. Durations in seconds; `None` means not set."""

    data_dir: Path
    database_url: Secret | None = None
    redis_url: Secret | None = None
    public_url: str | None = None
    secret_keys: tuple[Secret, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8484
    smtp_url: Secret | None = None
    mail_from: str | None = None
    slack_token: Secret | None = None
    slack_api: str = "https://slack.com/api"
    slack_signing_secret: Secret | None = None
    allow_nets: tuple[Network, ...] = ()
    log: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    admin_password: Secret | None = None
    api_token: Secret | None = None
    heartbeat_url: Secret | None = None
    proxy_url: Secret | None = None
    operator_channel: str | None = None
    keep_articles_s: float = 90 * 86400.0
    keep_ledger_s: float = 365 * 86400.0
    metrics: Literal["local", "token", "open"] = "local"
    robots: bool = True
    self_test_s: float | None = None


def from_env(environ: Mapping[str, str]) -> Settings:
    """The settings these variables mean. Raises BadConfiguration that names the variable."""
    get = _reader(environ)
    return Settings(
        data_dir=_data_dir(environ, get("PANTAU_DATA_DIR")),
        database_url=_url(get, "PANTAU_DATABASE_URL", ("postgresql", "postgres", "postgresql+psycopg")),
        redis_url=_url(get, "PANTAU_REDIS_URL", ("redis", "rediss", "unix", "redis+socket")),
        public_url=_public_url(get("PANTAU_PUBLIC_URL")),
        secret_keys=_secret_keys(get("PANTAU_SECRET_KEY")),
        host=get("PANTAU_HOST") or "127.0.0.1",
        port=_port(get("PANTAU_PORT")),
        smtp_url=_url(get, "PANTAU_SMTP_URL", ("smtp", "smtps")),
        mail_from=_mail_from(get("PANTAU_MAIL_FROM")),
        slack_token=_secret(get("PANTAU_SLACK_TOKEN")),
        slack_signing_secret=_secret(get("PANTAU_SLACK_SIGNING_SECRET")),
        slack_api=_web_url("PANTAU_SLACK_API", get("PANTAU_SLACK_API") or "https://slack.com/api"),
        allow_nets=_networks(get("PANTAU_ALLOW_NETS")),
        log=_choice(get, "PANTAU_LOG", ("console", "json"), "console"),  # type: ignore[arg-type]
        log_level=_choice(get, "PANTAU_LOG_LEVEL", ("debug", "info", "warning", "error"), "info"),  # type: ignore[arg-type]
        admin_password=_secret(get("PANTAU_ADMIN_PASSWORD")),
        api_token=_secret(get("PANTAU_API_TOKEN")),
        heartbeat_url=_url(get, "PANTAU_HEARTBEAT_URL", ("http", "https")),
        proxy_url=_url(get, "PANTAU_PROXY_URL", ("http", "https")),
        operator_channel=get("PANTAU_OPERATOR_CHANNEL"),
        keep_articles_s=_keep("PANTAU_KEEP_ARTICLES", get("PANTAU_KEEP_ARTICLES"), 90),
        keep_ledger_s=_keep("PANTAU_KEEP_LEDGER", get("PANTAU_KEEP_LEDGER"), 365),
        metrics=_choice(get, "PANTAU_METRICS", ("local", "token", "open"), "local"),  # type: ignore[arg-type]
        robots=_choice(get, "PANTAU_ROBOTS", ("on", "off"), "on") == "on",
        self_test_s=_self_test(get("PANTAU_SELF_TEST")),
    )


def parse_duration(text: str) -> float:
    """Seconds of "90s", "2m", "6h", "7d". Raises ValueError with a sentence."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise ValueError(f'"{text}" is not a duration; expected a number and s, m, h or d, such as "2m"')
    return float(found[1]) * _UNIT[found[2]]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that Pantau reads, and where its value comes from: the environment, a file that NAME_FILE names, or
    nowhere. `value` is None where it is a secret or not set."""

    name: str
    secret: bool
    source: Literal["environment", "file", "unset"]
    value: str | None = None


def variables(environ: Mapping[str, str]) -> list[Variable]:
    """Every variable that Pantau reads, as it stands in this environment, without what any secret is."""
    secrets = [Variable(name, True, _source(environ, name)) for name in _SECRETS]
    plain = [
        Variable(name, False, _source(environ, name), environ.get(name, "").strip() or None)
        for name in _PLAIN
    ]
    return sorted([*secrets, *plain], key=lambda variable: variable.name)


def _source(environ: Mapping[str, str], name: str) -> Literal["environment", "file", "unset"]:
    if name in _SECRETS and environ.get(f"{name}_FILE"):
        return "file"
    return "environment" if (environ.get(name) or "").strip() else "unset"


def unknown_names(environ: Mapping[str, str]) -> list[str]:
    """Sentences on `PANTAU_…` variables that mean nothing to us: a misspelt setting does nothing silently."""
    known = [*_SECRETS, *_PLAIN, *_FOREIGN, *(f"{name}_FILE" for name in _SECRETS)]
    return [_unknown(name, known) for name in environ if name.startswith("PANTAU_") and name not in known]


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"{name} is not a setting of Pantau" + (f"; did you mean {near[0]}?" if near else "")


def _reader(environ: Mapping[str, str]) -> Get:
    def get(name: str) -> str | None:
        file = environ.get(f"{name}_FILE") if name in _SECRETS else None
        if file and environ.get(name):
            raise BadConfiguration(f"{name} and {name}_FILE are both set; keep one of them")
        if file:
            return _read_secret_file(name, file)
        return (environ.get(name) or "").strip() or None

    return get


def _read_secret_file(name: str, file: str) -> str:
    try:
        value = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{name}_FILE names {file}, which cannot be read: {error}") from None
    if not value:
        raise BadConfiguration(f"{name}_FILE names {file}, which is empty")
    return value


def _data_dir(environ: Mapping[str, str], value: str | None) -> Path:
    if value:
        return _expanded(value).absolute()
    share = environ.get("XDG_DATA_HOME") or str(
        Path(environ.get("HOME") or "~").expanduser() / ".local/share"
    )
    return Path(share) / "pantau"


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise BadConfiguration(f'PANTAU_DATA_DIR "{path}" begins with a home that does not exist') from None


def _secret(value: str | None) -> Secret | None:
    return Secret(value) if value else None


def _secret_keys(value: str | None) -> tuple[Secret, ...]:
    keys = [part.strip() for part in (value or "").split(",") if part.strip()]
    if any(len(key) < 16 for key in keys):
        raise BadConfiguration("PANTAU_SECRET_KEY: each key needs at least 16 characters of random text")
    return tuple(Secret(key) for key in keys)


def _url(get: Get, name: str, schemes: tuple[str, ...]) -> Secret | None:
    value = get(name)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        somewhere = bool(parts.netloc or parts.path.strip("/"))
    except ValueError:
        parts, somewhere = urlsplit(""), False
    if parts.scheme not in schemes or not somewhere:
        raise BadConfiguration(f"{name} is not a URL we understand; expected {schemes[0]}://…")
    return Secret(value)


def _web_url(name: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        usable = usable and "@" not in parts.netloc
    except ValueError:
        usable = False
    if not usable:
        raise BadConfiguration(f'{name} "{value}" is not a web address; expected https://…')
    return value.rstrip("/")


def _public_url(value: str | None) -> str | None:
    return _web_url("PANTAU_PUBLIC_URL", value) if value else None


def _port(value: str | None) -> int:
    if value is None:
        return 8484
    if not re.fullmatch(r"[0-9]{1,5}", value) or int(value) > 65535:
        raise BadConfiguration(f'PANTAU_PORT "{value}" is not a port; expected 0 to 65535 (0: any free one)')
    return int(value)


def _mail_from(value: str | None) -> str | None:
    if value is not None and not _SENDER.fullmatch(value):
        raise BadConfiguration(
            f'PANTAU_MAIL_FROM "{value}" is not a sender; '
            "expected pantau@example.org or Pantau <pantau@example.org>"
        )
    return value


def _networks(value: str | None) -> tuple[Network, ...]:
    found: list[Network] = []
    for part in (value or "").replace(" ", ",").split(","):
        if not part:
            continue
        try:
            found.append(ipaddress.ip_network(part, strict=False))
        except ValueError:
            raise BadConfiguration(
                f'PANTAU_ALLOW_NETS: "{part}" is not a network; '
                "expected a CIDR list such as 127.0.0.0/8,10.1.0.0/16"
            ) from None
    return tuple(found)


def _choice(get: Get, name: str, choices: tuple[str, ...], default: str) -> str:
    value = (get(name) or default).lower()
    if value not in choices:
        raise BadConfiguration(f'{name} "{value}" is not known; expected one of {", ".join(choices)}')
    return value


def _self_test(value: str | None) -> float | None:
    if value is None or value.lower() in ("0", "off"):
        return None
    try:
        seconds = parse_duration(value)
    except ValueError as error:
        raise BadConfiguration(f"PANTAU_SELF_TEST: {error}") from None
    if not _LEAST_SELF_TEST_S <= seconds <= 86400:
        raise BadConfiguration(
            f'PANTAU_SELF_TEST "{value}" is out of range; expected "10s" to "1d", or "0" for none'
        )
    return seconds


def _keep(name: str, value: str | None, default_days: int) -> float:
    if value is None:
        return default_days * 86400.0
    try:
        seconds = parse_duration(value)
    except ValueError as error:
        raise BadConfiguration(f"{name}: {error}") from None
    if not 86400 <= seconds <= _LONGEST_KEEP_S:
        raise BadConfiguration(f'{name} "{value}" is out of range; expected "1d" to "36500d"')
    return seconds
