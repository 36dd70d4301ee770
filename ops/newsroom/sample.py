"""The demo's own newsroom, read from the files beside this module: outlets, topics, a file for each story."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from ops.newsroom.model import Expectation, Furniture, Manners, Outlet, Revision, Schedule, Story
from worker.errors import BadInput

HERE = Path(__file__).parent
_FURNITURE = frozenset(Furniture.__dataclass_fields__)


def sample() -> Schedule:
    """The sample newsroom: every outlet, story and topic of the demo.

    Stories appear in the order of their file names; the number in front is no part of the slug.
    """
    room = tomllib.loads((HERE / "newsroom.toml").read_text("utf-8"))
    files = sorted((HERE / "articles").glob("*.toml"))
    return Schedule(
        outlets=tuple(read_outlet(table) for table in room["outlet"]),
        stories=tuple(read_story(path.stem.partition("-")[2], path.read_text("utf-8")) for path in files),
        topics=room["topics"],
    )


def read_outlet(table: Mapping[str, Any]) -> Outlet:
    """An outlet from its table; `feed_manners` and `page_manners` are tables of their own."""
    manners = {key: Manners(**value) for key, value in table.items() if key.endswith("_manners")}
    return Outlet(**{key: _frozen(value) for key, value in table.items()} | manners)


def read_story(slug: str, text: str) -> Story:
    """A story from its file's text (TOML); raises `BadInput` naming the story and what is wrong with it.

    `text` holds the paragraphs, separated by blank lines; `age_h` makes it a story of the backlog;
    `[expect]` has a list of words for each topic and a `reason`; `[revision]` is the later version.
    """
    try:
        return _story(slug, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"story {slug!r} is not TOML: {error}") from error
    except KeyError as error:
        raise BadInput(f"story {slug!r} needs the key {error}") from error
    except TypeError as error:
        raise BadInput(f"story {slug!r} has a key that nobody reads: {error}") from error


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a text in which blank lines part them; line breaks inside become blanks."""
    return tuple(" ".join(block.split()) for block in text.split("\n\n") if block.strip())


def _story(slug: str, table: dict[str, Any]) -> Story:
    expect = table.pop("expect")
    revision = table.pop("revision", None)
    age_h = table.pop("age_h", None)
    text = paragraphs(table.pop("text"))
    furniture = {key: _frozen(table.pop(key)) for key in _FURNITURE & table.keys()}
    return Story(
        **{key: _frozen(value) for key, value in table.items()},
        slug=slug,
        paragraphs=text,
        age=None if age_h is None else timedelta(hours=age_h),
        furniture=Furniture(**furniture),
        expected=Expectation(
            reason=expect.pop("reason"), words={topic: tuple(words) for topic, words in expect.items()}
        ),
        revision=revision and Revision(revision.get("title", ""), paragraphs(revision.get("text", ""))),
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
