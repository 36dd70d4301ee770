"""What a watchlist's text means, and how it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.watchlist import (
    DeclaredChannel,
    DeclaredFeed,
    DeclaredSubscription,
    DeclaredTopic,
    FromEnv,
    FromFile,
    Given,
    Known,
    Stored,
    Watchlist,
    parse_watchlist,
)
from ops.watchlist.words import control_character
from worker.secrets import Secret

CORPUS = Path(__file__).parents[2] / "corpus" / "watchlists"
TEXTS = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(CORPUS.glob("*.toml"))]
FEED = '[[feed]]\nurl = "https://news.example.id/rss"\n'
SUBSCRIPTION = '[[subscription]]\ntopics = ["NATO"]\nchannels = ["desk"]\n'
BASE = '[[topic]]\nname = "NATO"\nquery = "nato"\n[[channel]]\nname = "desk"\nslack = "env:HOOK"\n'


def parsed(text: str, known: Known | None = None) -> Watchlist:
    watchlist, complaints, _ = parse_watchlist(text, "w.toml", known=known or Known())
    assert watchlist is not None, complaints
    return watchlist


def complaints_of(text: str, known: Known | None = None) -> list[str]:
    watchlist, complaints, _ = parse_watchlist(text, "w.toml", known=known or Known())
    assert (watchlist is None) == bool(complaints)
    return [str(complaint) for complaint in complaints]


def test_every_key_is_read() -> None:
    text = (CORPUS / "good-everything.toml").read_text(encoding="utf-8")
    assert parsed(text) == Watchlist(
        feeds=(
            DeclaredFeed(
                url="https://news.example.id/rss",
                name="Harian Contoh",
                every_s=120.0,
                full_text=False,
                tags=("indonesia", "ekonomi"),
                language="id",
                user="pantau",
                password=FromEnv("HARIAN_PASSWORD"),
                headers=(
                    ("User-Agent", Given(Secret("Pantau/1"))),
                    ("X-Api-Key", FromFile("/run/secrets/harian")),
                ),
                pace=(("connections", 1), ("per_second", 0.5), ("burst", 3)),
            ),
        ),
        topics=(DeclaredTopic("NATO", '@nato\nOR "pakta pertahanan"\n', ("war",)),),
        channels=(
            DeclaredChannel("desk", "slack_webhook", FromEnv("DESK_SLACK_HOOK")),
            DeclaredChannel("newsroom", "slack_bot", Given(Secret("C0123456789"))),
            DeclaredChannel("rina", "email", Given(Secret("rina@example.org"))),
            DeclaredChannel(
                "risk-system", "webhook", Given(Secret("https://risk.example/hook")), Stored("41"), "id"
            ),
            DeclaredChannel("phones", "apprise", Given(Secret("ntfy://topic"))),
        ),
        subscriptions=(
            DeclaredSubscription(
                name="desk, at once",
                topics=("NATO", "tag:war"),
                channels=("desk", "rina"),
                when=("hourly", "daily 07:00", "weekly mon,fri 12:00"),
                timezone="Asia/Jakarta",
                quiet="22:00-06:00",
                wait_s=90.0,
                group="text",
                cap_per_hour=3,
                sources=("Harian Contoh", "-ekonomi", "example.id"),
                languages=("id", "uk"),
                on_doubt="hold",
                urgent=("tag:war",),
            ),
        ),
    )


def test_what_is_left_out_has_the_defaults_of_the_reference() -> None:
    text = BASE + FEED + SUBSCRIPTION
    watchlist = parsed(text)
    [feed], [subscription] = watchlist.feeds, watchlist.subscriptions
    assert (feed.name, feed.every_s, feed.full_text, feed.tags, feed.language) == ("", None, True, (), None)
    assert (feed.user, feed.password, feed.headers) == ("", None, ())
    assert watchlist.topics[0].tags == ()
    assert (watchlist.channels[0].secret, watchlist.channels[0].language) == (None, "en")
    assert (subscription.name, subscription.when, subscription.timezone) == ("NATO → desk", ("now",), "UTC")
    assert (subscription.quiet, subscription.wait_s, subscription.group) == (None, 0.0, "story")
    assert (subscription.cap_per_hour, subscription.on_doubt) == (12, "resend")
    assert (subscription.sources, subscription.languages, subscription.urgent) == ((), (), ())


def test_a_subscription_without_a_name_is_called_after_its_topics_and_channels() -> None:
    rina = '[[channel]]\nname = "rina"\nemail = "rina@example.org"\n'
    text = BASE + rina + SUBSCRIPTION.replace('"desk"', '"desk", "rina"')
    assert parsed(text).subscriptions[0].name == "NATO → desk, rina"


def test_a_complaint_names_file_line_key_problem_and_what_was_expected() -> None:
    assert complaints_of('[[feed]]\nurl = "https://a.example/rss"\nevery = "2 minutes"\n') == [
        'w.toml:3: [[feed]] every: "2 minutes" is not a duration; '
        'expected a number and s, m, h or d, such as "2m", at least "5s"'
    ]


@pytest.mark.parametrize(
    ("known", "complaints"),
    [
        (Known(), 4),
        (Known(topics=frozenset({"Perang"})), 3),
        (Known(topics=frozenset({"Perang"}), topic_tags=frozenset({"war"})), 2),
        (Known(frozenset({"Perang"}), frozenset({"war"}), frozenset({"rina", "ops"})), 0),
    ],
)
def test_a_subscription_may_name_what_is_known_already(known: Known, complaints: int) -> None:
    text = '[[subscription]]\ntopics = ["Perang", "tag:war"]\nchannels = ["rina", "ops"]\n'
    assert len(complaints_of(text, known)) == complaints


def test_a_known_name_is_offered_for_a_misspelt_one() -> None:
    text = '[[subscription]]\ntopics = ["Perangg"]\nchannels = ["RINA"]\n'
    topic, channel = complaints_of(text, Known(topics=frozenset({"Perang"}), channels=frozenset({"rina"})))
    assert 'did you mean "Perang"?' in topic
    assert 'did you mean "rina"?' in channel


def test_a_fault_in_a_topic_does_not_make_the_references_to_it_unknown() -> None:
    text = BASE.replace('"nato"', '""') + SUBSCRIPTION
    assert len(complaints_of(text)) == 1


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ('slack = "env:X"', "slack_webhook"),
        ('slack_channel = "C0123456789"', "slack_bot"),
        ('email = "a@b.example"', "email"),
        ('webhook = "https://risk.example/hook"', "webhook"),
        ('apprise = "ntfy://topic"', "apprise"),
    ],
)
def test_a_kind_that_is_not_served_gives_a_warning_and_no_complaint(target: str, kind: str) -> None:
    text = f'[[channel]]\nname = "x"\n{target}\n'
    everything = frozenset({"slack_webhook", "slack_bot", "email", "webhook", "apprise"})
    for served in (everything - {kind}, everything, None):
        watchlist, complaints, warnings = parse_watchlist(text, "w.toml", served_kinds=served)
        assert watchlist is not None
        assert watchlist.channels[0].kind == kind
        assert complaints == []
        assert [warning.line for warning in warnings] == ([3] if served == everything - {kind} else [])


@pytest.mark.parametrize(
    "source", ["Harian", "harian", "tag:ekonomi", "-ekonomi", "news.example.id", "-example.id"]
)
def test_a_source_that_a_feed_answers_to_gives_no_warning(source: str) -> None:
    feed = '[[feed]]\nurl = "https://news.example.id/rss"\nname = "Harian"\ntags = ["ekonomi"]\n'
    text = f'{BASE}{feed}[[subscription]]\ntopics = ["NATO"]\nchannels = ["desk"]\nsources = ["{source}"]\n'
    watchlist, _, warnings = parse_watchlist(text, "w.toml")
    assert watchlist is not None
    assert warnings == []


@pytest.mark.parametrize(
    "line",
    [
        'slack = "htps://hooks.slack.com/services/T0/B0/geheim"',
        'webhook = "https://risk.example:99999/geheim"',
        'webhook = "https://rina:geheim@risk.example/"',
        'webhook = "https://risk.example/geheim\\u0007"',
        'apprise = "geheim"',
        'webhook = "https://risk.example/"\nsecret = "geheim\\n"\nslack = "geheim"',
        'slack = ["geheim"]',
    ],
)
def test_no_complaint_repeats_a_secret(line: str) -> None:
    told = complaints_of(f'[[channel]]\nname = "x"\n{line}\n')
    assert told
    assert "geheim" not in "".join(told)


def test_no_complaint_repeats_the_password_of_an_address_or_a_header() -> None:
    address = 'url = "https://rina:geheim@news.example.id/"\nuser = "a:geheim"\n'
    feed = f'[[feed]]\n{address}password = 7\nheaders.X = "geheimü"\n'
    told = complaints_of(feed)
    assert len(told) == 4
    assert "geheim" not in "".join(told)


def test_a_secret_in_the_clear_does_not_show_in_a_watchlist() -> None:
    text = '[[feed]]\nurl = "https://a.example/"\nuser = "x"\npassword = "geheim"\nheaders.X-Key = "geheim"\n'
    assert "geheim" not in repr(parsed(text))


def test_complaints_stand_in_the_order_of_the_lines() -> None:
    for text in TEXTS:
        lines = [complaint.line for complaint in parse_watchlist(text, "w.toml")[1]]
        assert lines == sorted(lines)


def test_names_are_composed_and_without_outer_blanks() -> None:
    decomposed = "  Cafe\\u0301 "
    text = f'[[topic]]\nname = "{decomposed}"\nquery = "x"\n[[channel]]\nname = "d"\nslack = "env:X"\n'
    subscription = '[[subscription]]\ntopics = ["Café"]\nchannels = ["d"]\n'
    assert parsed(text + subscription).topics[0].name == "Café"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('when = "hourly"', ("hourly",)),
        ('when = "weekly  mon,fri   12:00"', ("weekly mon,fri 12:00",)),
        ('when = ["daily 07:00", "daily 19:00"]', ("daily 07:00", "daily 19:00")),
    ],
)
def test_moments_to_tell_are_one_text_or_several(written: str, meant: tuple[str, ...]) -> None:
    text = f'{BASE}[[subscription]]\ntopics = ["NATO"]\nchannels = ["desk"]\n{written}\n'
    assert parsed(text).subscriptions[0].when == meant


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("5s", 5.0), ("90s", 90.0), ("2m", 120.0), ("1.5h", 5400.0), ("1d", 86400.0), ("30d", 2592000.0)],
)
def test_durations_are_a_number_and_a_unit(written: str, seconds: float) -> None:
    assert parsed(f'[[feed]]\nurl = "https://a.example/"\nevery = "{written}"\n').feeds[0].every_s == seconds


def test_an_interval_may_be_a_range_within_which_it_adapts() -> None:
    (feed,) = parsed('[[feed]]\nurl = "https://a.example/"\nevery = "20s-10m"\n').feeds
    assert (feed.every_s, feed.within_s) == (None, (20.0, 600.0))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('every = "10m-20s"', '[[feed]] every: "10m-20s" ends before it begins'),
        ('every = "1s-20s"', '[[feed]] every: "1s" is too short'),
        ('every = "20s-"', '[[feed]] every: "20s-" is not a duration'),
        ("every = 20", "[[feed]] every: 20 is not a duration"),
        ("pace = 4", "[[feed]] pace: 4 is not a table"),
        ("pace = { connections = 0 }", "[[feed]] pace.connections: 0 is out of range"),
        ("pace = { per_second = 0 }", "[[feed]] pace.per_second: 0 cannot be"),
        ("pace = { per_second = nan }", "[[feed]] pace.per_second: nan cannot be"),
        ('pace = { burst = "3" }', '[[feed]] pace.burst: "3" is not a whole number'),
        ("pace = { bursts = 3 }", '[[feed]] pace: "bursts" is no part of a pace'),
    ],
)
def test_an_interval_or_pace_that_cannot_be_is_told_with_its_key(written: str, told: str) -> None:
    (complaint,) = complaints_of(f'[[feed]]\nurl = "https://a.example/"\n{written}\n')
    assert complaint.startswith(f"w.toml:3: {told}")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("https://a.example/rss", "HTTPS://A.Example:443/rss#x", True),
        ("http://a.example", "http://a.example:80/", True),
        ("https://a.example/%7Ex", "https://a.example/~x", True),
        ("https://a.example/%c3%a9", "https://a.example/%C3%A9", True),
        ("https://пошта.example/", "https://xn--80a1acn3a.example/", True),
        ("https://a.example/rss", "http://a.example/rss", False),
        ("https://a.example/rss", "https://a.example/rss/", False),
        ("https://a.example/rss", "https://a.example/RSS", False),
        ("https://a.example/?utm_source=rss", "https://a.example/", False),
        ("https://a.example:8443/", "https://a.example/", False),
    ],
)
def test_only_addresses_that_must_be_equal_are_one_feed(first: str, second: str, same: bool) -> None:
    told = complaints_of(f'[[feed]]\nurl = "{first}"\n[[feed]]\nurl = "{second}"\n')
    assert bool(told) == same


def test_the_example_of_the_documentation_is_a_watchlist_and_no_key_goes_undocumented() -> None:
    documented = (Path(__file__).parents[3] / "docs" / "watchlist.md").read_text(encoding="utf-8")
    assert parsed(documented.split("```toml\n")[1].split("```")[0]).subscriptions[0].channels == ("desk",)
    text = "\n".join(f"[[{noun}]]\nx = 1" for noun in ("feed", "topic", "channel", "subscription"))
    known = [told.split("expected one of ")[1] for told in complaints_of(text) if "is not a key of" in told]
    assert len(known) == 4
    assert [key for keys in known for key in keys.split(", ") if f"`{key}`" not in documented] == []


@given(st.text())
def test_no_text_crashes_it(text: str) -> None:
    watchlist, complaints, _ = parse_watchlist(text, "w.toml")
    assert (watchlist is None) == bool(complaints)


@given(st.data())
def test_no_mutation_of_a_watchlist_crashes_it(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 20)))
        piece = data.draw(
            st.one_of(st.sampled_from([*"[]{}=\"'\n\\.,#", "[[feed]]\n", "= 1\n"]), st.text(max_size=8))
        )
        text = text[:start] + piece + text[end:]
    watchlist, complaints, warnings = parse_watchlist(text, "w.toml")
    assert (watchlist is None) == bool(complaints)
    rows = text.count("\n") + 1
    for complaint in [*complaints, *warnings]:
        assert 1 <= complaint.line <= rows
        assert control_character(str(complaint)) is None


@given(st.text("\x00\u202e\x1b[31m ab", max_size=9))
def test_a_hostile_name_never_reaches_a_terminal_as_it_is(name: str) -> None:
    escaped = "".join(f"\\U{ord(sign):08X}" for sign in name)
    text = f'[[topic]]\nname = "{escaped}"\nquery = "x"\n"{escaped}" = 1\n["{escaped}"]\n'
    for complaint in parse_watchlist(text, f"{name}.toml")[1]:
        assert control_character(str(complaint)) is None


@pytest.mark.parametrize(
    "text",
    [
        "a." * 500_000 + "b = 1",
        "[" + "a." * 500_000 + "b]",
        "a = " + "[" * 1_000_000,
        "a = " + "{a=" * 300_000,
        '"""' * 300_000,
        'a = """' + '"" ' * 300_000,
        'a = "' + "\\\\" * 500_000,
        "# " * 500_000,
        "[[feed]]\n" * 20_000,
        "[[subscription]]\ntopics = ["
        + '"x",' * 9_000
        + "]\nchannels = ["
        + ",".join(f'"c{i}"' for i in range(9_000))
        + "]\n",
        "".join(f"key{i} = 1\n" for i in range(20_000)),
    ],
    ids=[
        "key",
        "header",
        "lists",
        "tables",
        "quotes",
        "open text",
        "backslashes",
        "comment",
        "feeds",
        "names",
        "keys",
    ],
)
def test_a_large_hostile_text_is_judged_without_growing_slow(text: str) -> None:
    assert parse_watchlist(text, "w.toml")[1]
