"""What is logged, in both styles: everything through the same processors, no secret in any corner."""

from __future__ import annotations

import io
import json
import logging
from contextlib import contextmanager

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops import logs
from worker.secrets import Secret

HUSH = "hush0hush1hush2hush3"
STYLES = ["console", "json"]


@pytest.fixture(autouse=True)
def _put_back():
    """Logging as it was before the test."""
    root, levels = logging.getLogger(), {}
    handlers, level = root.handlers, root.level
    for name in (*logs._CHATTY, *logs._CELERY_CHATTER):
        levels[name] = logging.getLogger(name).level
    yield
    root.handlers, root.level = handlers, level
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


@contextmanager
def listening(style, level="info"):
    """The lines that are logged in the block."""
    stream = io.StringIO()
    logs.set_up(style, level, stream=stream)
    yield stream


def logged(style, *arguments, **facts):
    with listening(style) as stream:
        structlog.get_logger("test").warning(*(arguments or ("event",)), **facts)
    return stream.getvalue()


FIELDS = (
    "password",
    "smtp_password",
    "secret",
    "token",
    "csrf_token",
    "authorization",
    "Cookie",
    "api_key",
    "APIKEY",
)
FIELDS += ("smtp_url", "database_url", "PANTAU_REDIS_URL", "hook", "hook_url", "webhook_url", "heartbeat_url")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", FIELDS)
def test_a_field_with_a_telling_name_is_starred(style, name):
    line = logged(style, **{name: HUSH})
    assert HUSH not in line
    assert "***" in line


SHAPES = {
    "Slack hook": f"https://hooks.slack.com/services/T0/B0/{HUSH}",
    "Slack workflow": f"https://hooks.slack.com/triggers/T0/{HUSH}",
    "Slack hook of a government": f"https://hooks.slack-gov.com/services/T0/B0/{HUSH}",
    "bot token": f"xoxb-12-34-{HUSH}",
    "shared feed": f"GET /feeds/topics/{HUSH}.atom 200",
    "shared feed of a subscription": f"https://w.example/feeds/subscriptions/{HUSH}.json",
    "hub's callback": f"GET /websub/{HUSH} 404",
    "token in an address": f"GET /api/v1/feeds?x=1&api_token={HUSH} 404",
    "password in a URL": f"postgresql://pantau:{HUSH}@db.example/pantau",
    "password with signs": f"smtp://u:a:{HUSH}%40x@mail.example:587",
    "password without a user": f"redis://:{HUSH}@cache.example",
    "signing secret": f"whsec_{HUSH}=",
    "unsubscribe token": f"https://watch.example/u/{HUSH}",
    "token of a reader's page": f"https://watch.example/manage/{HUSH}",
    "confirmation token": f"GET /confirm/{HUSH} HTTP/1.1",
    "our own token": f"pnt_{HUSH}",
    "token that we made": f"401 for pantau_{HUSH}-{HUSH}x",
    "bearer token": f"Authorization: Bearer {HUSH}",
    "basic credentials": f"authorization: Basic {HUSH}==",
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_a_telling_shape_is_starred_wherever_it_stands(style, text):
    places = {
        "event": lambda: logged(style, f"cannot reach {text} today"),
        "field": lambda: logged(style, detail=text),
        "list": lambda: logged(style, seen=[1, {"at": text}]),
        "bytes": lambda: logged(style, body=text.encode()),
        "error": lambda: logged(style, error=ValueError(text)),
        "object": lambda: logged(style, thing=Thing(text)),
    }
    for place, line in places.items():
        assert HUSH not in line(), place


class Thing:
    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return f"<Thing {self.text}>"


@pytest.mark.parametrize("style", STYLES)
def test_secrets_inside_mappings_are_starred_by_their_names(style):
    line = logged(style, settings={"password": HUSH, "host": "db.example", "deeper": [{"token": HUSH}]})
    assert HUSH not in line
    assert "db.example" in line


@pytest.mark.parametrize("style", STYLES)
def test_secrets_in_exceptions_and_their_causes_are_starred(style):
    with listening(style) as stream:
        try:
            try:
                raise OSError(SHAPES["password in a URL"])
            except OSError as cause:
                raise RuntimeError(f"asked {SHAPES['Slack hook']}") from cause
        except RuntimeError:
            structlog.get_logger("test").exception("failed", feed=3)
            logging.getLogger("library").exception("failed as well")
    told = stream.getvalue()
    assert HUSH not in told
    assert told.count("RuntimeError") >= 2
    assert "test_logs.py" in told


@pytest.mark.parametrize("style", STYLES)
def test_libraries_go_through_the_same_processors(style):
    with listening(style) as stream:
        logging.getLogger("celery.worker").warning(
            "lost %s", SHAPES["password in a URL"], extra={"token": HUSH}
        )
    line = stream.getvalue()
    assert HUSH not in line
    assert "db.example" in line
    assert "celery.worker" in line


def test_a_json_line_is_an_object_with_time_level_logger_event_and_facts():
    line = json.loads(logged("json", "polled", feed=3, names=["a"], url="https://news.example/rss"))
    assert (line["event"], line["level"], line["logger"]) == ("polled", "warning", "test")
    assert (line["feed"], line["names"], line["url"]) == (3, ["a"], "https://news.example/rss")
    assert line["timestamp"].endswith("Z")


def test_a_secret_value_shows_stars_in_any_style():
    for style in STYLES:
        assert HUSH not in logged(style, value=Secret(HUSH))


@pytest.mark.parametrize(("level", "told"), [("debug", 3), ("info", 2), ("warning", 1), ("error", 0)])
def test_the_level_is_obeyed_by_everybody(level, told):
    with listening("json", level) as stream:
        for log in (structlog.get_logger("a"), logging.getLogger("b")):
            for speak in (log.debug, log.info, log.warning):
                speak("event")
    assert len(stream.getvalue().splitlines()) == 2 * told


def test_chatter_of_libraries_is_heard_from_warnings_on():
    with listening("json") as stream:
        for name in (*logs._CHATTY, *logs._CELERY_CHATTER):
            logging.getLogger(name).info("chatter")
            logging.getLogger(name).warning("trouble")
    events = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert set(events) == {"trouble"}


def test_a_line_stays_one_line_in_json_whatever_a_stranger_wrote():
    assert len(logged("json", title="a\nb\r\nc\u2028d").splitlines()[0]) > 10
    assert logged("json", title="a\nb\x1b[31m").count("\n") == 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_can_be_logged(value):
    for style in STYLES:
        assert logged(style, value=value)


@given(st.text(max_size=200))
def test_starring_leaves_ordinary_text_alone(text):
    event = logs.star_out_secrets(None, "", {"event": text})
    if (
        not any(
            mark in text
            for mark in ("xox", "whsec_", "://", "/u/", "/manage/", "/confirm/", "pnt_", "pantau_")
        )
        and "earer" not in text.lower()
    ):
        assert event == {"event": text}
