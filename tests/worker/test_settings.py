"""Every setting of the environment: what it means, and how a value that cannot be understood is refused."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import BadConfiguration
from worker.secrets import Secret
from worker.settings import Settings, from_env, parse_duration, unknown_names

HOME = {"HOME": "/home/rina"}
KEY_1, KEY_2 = "k" * 16, "an older key of thirty letters"

UNDERSTOOD = [
    (
        "PANTAU_DATABASE_URL",
        "postgresql://pantau@db/pantau",
        "database_url",
        Secret("postgresql://pantau@db/pantau"),
    ),
    (
        "PANTAU_DATABASE_URL",
        "postgres:///pantau?host=/run",
        "database_url",
        Secret("postgres:///pantau?host=/run"),
    ),
    ("PANTAU_REDIS_URL", "redis://cache:6379/0", "redis_url", Secret("redis://cache:6379/0")),
    ("PANTAU_REDIS_URL", "rediss://:pw@cache", "redis_url", Secret("rediss://:pw@cache")),
    ("PANTAU_DATA_DIR", "/srv/pantau", "data_dir", Path("/srv/pantau")),
    ("PANTAU_PUBLIC_URL", "https://news.example.org/", "public_url", "https://news.example.org"),
    ("PANTAU_SECRET_KEY", KEY_1, "secret_keys", (Secret(KEY_1),)),
    ("PANTAU_SECRET_KEY", f" {KEY_1} , {KEY_2},", "secret_keys", (Secret(KEY_1), Secret(KEY_2))),
    ("PANTAU_HOST", "0.0.0.0", "host", "0.0.0.0"),
    ("PANTAU_PORT", "0", "port", 0),
    ("PANTAU_PORT", "65535", "port", 65535),
    (
        "PANTAU_SMTP_URL",
        "smtp://user:password@host:587?tls=starttls",
        "smtp_url",
        Secret("smtp://user:password@host:587?tls=starttls"),
    ),
    ("PANTAU_SMTP_URL", "smtps://host", "smtp_url", Secret("smtps://host")),
    (
        "PANTAU_SMTP_URL",
        "smtp://127.0.0.1:1025?tls=none",
        "smtp_url",
        Secret("smtp://127.0.0.1:1025?tls=none"),
    ),
    ("PANTAU_MAIL_FROM", "pantau@example.org", "mail_from", "pantau@example.org"),
    ("PANTAU_MAIL_FROM", "Pantau <pantau@example.org>", "mail_from", "Pantau <pantau@example.org>"),
    ("PANTAU_SLACK_TOKEN", "xoxb-1", "slack_token", Secret("xoxb-1")),
    ("PANTAU_SLACK_SIGNING_SECRET", "8f7a", "slack_signing_secret", Secret("8f7a")),
    ("PANTAU_SLACK_API", "http://127.0.0.1:9000/api/", "slack_api", "http://127.0.0.1:9000/api"),
    ("PANTAU_ALLOW_NETS", "127.0.0.0/8", "allow_nets", (ipaddress.ip_network("127.0.0.0/8"),)),
    (
        "PANTAU_ALLOW_NETS",
        "10.1.2.3/16, fd00::/8 ::1",
        "allow_nets",
        (
            ipaddress.ip_network("10.1.0.0/16"),
            ipaddress.ip_network("fd00::/8"),
            ipaddress.ip_network("::1/128"),
        ),
    ),
    ("PANTAU_LOG", "json", "log", "json"),
    ("PANTAU_LOG", "Console", "log", "console"),
    ("PANTAU_LOG_LEVEL", "DEBUG", "log_level", "debug"),
    ("PANTAU_ADMIN_PASSWORD", "a long one", "admin_password", Secret("a long one")),
    ("PANTAU_API_TOKEN", "pnt_1", "api_token", Secret("pnt_1")),
    (
        "PANTAU_HEARTBEAT_URL",
        "https://hc.example/ping/1",
        "heartbeat_url",
        Secret("https://hc.example/ping/1"),
    ),
    ("PANTAU_PROXY_URL", "http://proxy:3128", "proxy_url", Secret("http://proxy:3128")),
    ("PANTAU_OPERATOR_CHANNEL", "ops desk", "operator_channel", "ops desk"),
    ("PANTAU_KEEP_ARTICLES", "30d", "keep_articles_s", 30 * 86400.0),
    ("PANTAU_KEEP_LEDGER", "24h", "keep_ledger_s", 86400.0),
    ("PANTAU_METRICS", "open", "metrics", "open"),
    ("PANTAU_ROBOTS", "off", "robots", False),
    ("PANTAU_SELF_TEST", "15m", "self_test_s", 900.0),
    ("PANTAU_SELF_TEST", "0", "self_test_s", None),
    ("PANTAU_SELF_TEST", "off", "self_test_s", None),
]

REFUSED = [
    ("PANTAU_DATABASE_URL", "mysql://u:geheim@db/pantau"),
    ("PANTAU_DATABASE_URL", "geheim"),
    ("PANTAU_DATABASE_URL", "postgresql//[geheim"),
    ("PANTAU_REDIS_URL", "http://:geheim@cache"),
    ("PANTAU_PUBLIC_URL", "news.example.org"),
    ("PANTAU_PUBLIC_URL", "ftp://news.example.org"),
    ("PANTAU_PUBLIC_URL", "https://"),
    ("PANTAU_PUBLIC_URL", "https://[::1"),
    ("PANTAU_SECRET_KEY", "geheim"),
    ("PANTAU_SECRET_KEY", f"{KEY_1},geheim"),
    ("PANTAU_PORT", "http"),
    ("PANTAU_PORT", "-1"),
    ("PANTAU_PORT", "65536"),
    ("PANTAU_PORT", "84.84"),
    ("PANTAU_PORT", "²"),
    ("PANTAU_SMTP_URL", "host:587"),
    ("PANTAU_SMTP_URL", "https://u:geheim@host"),
    ("PANTAU_MAIL_FROM", "pantau"),
    ("PANTAU_MAIL_FROM", "a@b.example, c@d.example"),
    ("PANTAU_MAIL_FROM", "Pantau\r\nBcc: x <pantau@example.org>"),
    ("PANTAU_SLACK_API", "slack.com/api"),
    ("PANTAU_ALLOW_NETS", "10.0.0.0/33"),
    ("PANTAU_ALLOW_NETS", "127.0.0.1,localhost"),
    ("PANTAU_LOG", "xml"),
    ("PANTAU_LOG_LEVEL", "loud"),
    ("PANTAU_HEARTBEAT_URL", "hc.example/geheim"),
    ("PANTAU_PROXY_URL", "socks5://u:geheim@proxy"),
    ("PANTAU_KEEP_ARTICLES", "90"),
    ("PANTAU_KEEP_ARTICLES", "soon"),
    ("PANTAU_KEEP_ARTICLES", "23h"),
    ("PANTAU_KEEP_LEDGER", "-1d"),
    ("PANTAU_METRICS", "yes"),
    ("PANTAU_ROBOTS", "sometimes"),
    ("PANTAU_SELF_TEST", "9s"),
    ("PANTAU_SELF_TEST", "2d"),
    ("PANTAU_SELF_TEST", "15"),
]

SECRETS = {
    "PANTAU_DATABASE_URL": ("postgresql://u:geheim@db/pantau", "database_url"),
    "PANTAU_REDIS_URL": ("redis://:geheim@cache", "redis_url"),
    "PANTAU_SECRET_KEY": ("geheim geheim geheim", "secret_keys"),
    "PANTAU_SMTP_URL": ("smtp://u:geheim@host", "smtp_url"),
    "PANTAU_SLACK_TOKEN": ("xoxb-geheim", "slack_token"),
    "PANTAU_SLACK_SIGNING_SECRET": ("8f7a-geheim", "slack_signing_secret"),
    "PANTAU_ADMIN_PASSWORD": ("geheim", "admin_password"),
    "PANTAU_API_TOKEN": ("pnt_geheim", "api_token"),
    "PANTAU_HEARTBEAT_URL": ("https://hc.example/geheim", "heartbeat_url"),
    "PANTAU_PROXY_URL": ("http://u:geheim@proxy:3128", "proxy_url"),
}


def test_an_empty_environment_means_the_defaults() -> None:
    assert from_env(HOME) == Settings(data_dir=Path("/home/rina/.local/share/pantau"))
    settings = from_env(HOME)
    assert (settings.host, settings.port) == ("127.0.0.1", 8484)
    assert (settings.keep_articles_s, settings.keep_ledger_s) == (90 * 86400, 365 * 86400)
    assert (settings.metrics, settings.allow_nets, settings.secret_keys) == ("local", (), ())
    assert settings.slack_api.startswith("https://slack.com")


@pytest.mark.parametrize(("name", "value", "field", "meant"), UNDERSTOOD)
def test_a_setting_means_its_field(name: str, value: str, field: str, meant: object) -> None:
    assert getattr(from_env({**HOME, name: value}), field) == meant


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_value_that_cannot_be_understood_is_refused_with_its_name(name: str, value: str) -> None:
    with pytest.raises(BadConfiguration, match=name) as refused:
        from_env({**HOME, name: value})
    assert refused.value.exit_code == 78
    assert "geheim" not in str(refused.value)
    assert "expected" in str(refused.value) or "needs" in str(refused.value)


@pytest.mark.parametrize("name", sorted({name for name, *_ in UNDERSTOOD}))
@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_value_is_no_value(name: str, blank: str) -> None:
    assert from_env({**HOME, name: blank}) == from_env(HOME)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (value, _) in SECRETS.items()])
def test_a_secret_may_stand_in_a_file(name: str, value: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{value}\n", encoding="utf-8")
    assert from_env({**HOME, f"{name}_FILE": str(file)}) == from_env({**HOME, name: value})


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_given_twice_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("geheim geheim geheim")
    with pytest.raises(BadConfiguration, match=f"{name} and {name}_FILE are both set"):
        from_env({**HOME, name: SECRETS[name][0], f"{name}_FILE": str(file)})


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_file_that_cannot_be_used_is_refused_with_its_name(name: str, tmp_path: Path) -> None:
    empty, foreign = tmp_path / "empty", tmp_path / "foreign"
    empty.write_text(" \n")
    foreign.write_bytes(b"geheim\xe9")
    for file in (tmp_path / "missing", tmp_path, empty, foreign):
        with pytest.raises(BadConfiguration, match=f"{name}_FILE") as refused:
            from_env({**HOME, f"{name}_FILE": str(file)})
        assert str(file) in str(refused.value)
        assert "geheim" not in str(refused.value)


def test_no_secret_shows_in_the_settings() -> None:
    settings = from_env({**HOME, **{name: value for name, (value, _) in SECRETS.items()}})
    assert all(getattr(settings, field) for _, field in SECRETS.values())
    assert "geheim" not in repr(settings) + str(settings)


def test_the_data_directory_follows_the_home_and_the_desktop_standard() -> None:
    assert from_env({**HOME, "XDG_DATA_HOME": "/data"}).data_dir == Path("/data/pantau")
    assert from_env({**HOME, "PANTAU_DATA_DIR": "here"}).data_dir == Path.cwd() / "here"


def test_a_misspelt_setting_is_reported_with_the_nearest_one() -> None:
    assert unknown_names({**HOME, "PANTAU_DATABSE_URL": "x", "OTHER": "y"}) == [
        "PANTAU_DATABSE_URL is not a setting of Pantau; did you mean PANTAU_DATABASE_URL?"
    ]
    assert unknown_names({"PANTAU_XQZ": "x"})[0].startswith("PANTAU_XQZ is not a setting of Pantau")


def test_no_setting_of_the_reference_is_reported_as_unknown() -> None:
    names = {name for name, *_ in UNDERSTOOD} | {f"{name}_FILE" for name in SECRETS}
    assert unknown_names(dict.fromkeys(names, "x")) == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90.0), ("2m", 120.0), ("6h", 21600.0), ("7d", 604800.0), ("0.5s", 0.5), (" 1m ", 60.0)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "5M", "1h30m", "5ms", ".5s", "1e3s", "5s\n5s"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match='expected a number and s, m, h or d, such as "2m"'):
        parse_duration(text)


@given(name=st.sampled_from(sorted({name for name, *_ in UNDERSTOOD})), value=st.text(max_size=40))
def test_any_value_is_understood_or_refused_with_its_name(name: str, value: str) -> None:
    complaint = _complaint({**HOME, name: value})
    assert complaint is None or name in complaint


def _complaint(environ: dict[str, str]) -> str | None:
    try:
        from_env(environ)
    except BadConfiguration as refused:
        return str(refused)
    return None
