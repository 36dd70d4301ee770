"""Lines and boxes around articles, in every language that the tables know."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.pages.extract import extract_page
from worker.pages.lines import is_furniture, is_plea, strip_lines
from worker.pages.phrases import tables
from worker.plain import clean

LINES = tomllib.loads((Path(__file__).parents[2] / "corpus" / "furniture.toml").read_text("utf-8"))
DROPPED = [(code, line) for code, lines in LINES.items() for line in lines["drop"]]
KEPT = [(code, line) for code, lines in LINES.items() for line in lines["keep"]]
FIRST = {code: row[0] for code, row in tables()["others"].items()}

PARAGRAPHS = (
    "Talks meant to prevent an invasion went on for more than six hours on Thursday, a spokesman said.",
    "Both sides discussed an exchange of prisoners and the safety of sites near the front, two people said.",
    "Another meeting is planned for the end of next week; where it will be held has not been announced yet.",
)


@pytest.mark.parametrize(("code", "line"), DROPPED)
def test_a_line_of_furniture_goes(code, line):
    assert strip_lines("\n".join((PARAGRAPHS[0], line, PARAGRAPHS[1])), "") == "\n\n".join(PARAGRAPHS[:2])


@pytest.mark.parametrize(("code", "line"), KEPT)
def test_a_sentence_that_begins_alike_stays(code, line):
    assert not is_furniture(line)
    assert strip_lines("\n".join((PARAGRAPHS[0], line, PARAGRAPHS[1])), "").split("\n\n")[1] == line


def test_every_language_of_the_tables_has_lines():
    spoken = tables()["others"].keys() & tables()["credits"].keys() & tables()["calls"].keys()
    assert len(spoken) >= 30
    assert FIRST.keys() - LINES.keys() <= {"bn", "tl"}


@pytest.mark.parametrize(("code", "phrase"), FIRST.items())
@pytest.mark.parametrize(
    "box",
    [
        "<p><strong>{0}: <a href=/1>KATAKOTAK in another headline</a></strong></p>",
        "<p><a href=/1>{0}: KATAKOTAK in another headline</a></p>",
        "<div><h4>{0}</h4><ul><li><a href=/1>KATAKOTAK one</a></li><li><a href=/2>KATAKOTAK two</a></li></ul></div>",
        "<h3>{0}</h3><div><a href=/1>KATAKOTAK one</a></div>",
    ],
    ids=["line", "link", "list", "heading"],
)
def test_a_box_in_the_middle_goes(code, phrase, box):
    body = "".join(
        (f"<p>{PARAGRAPHS[0]}</p>", box.format(phrase), *(f"<p>{line}</p>" for line in PARAGRAPHS[1:]))
    )
    page = f"<html lang={code}><head><title>T</title></head><body><article>{body}</article></body></html>"
    assert extract_page(page.encode()).text.split("\n\n") == list(PARAGRAPHS)


@pytest.mark.parametrize(
    "line",
    [
        "Ikuti berita terbaru kami di Google News",
        "Dapatkan update berita pilihan setiap hari. Gabung di Grup Telegram kami.",
        "Unduh aplikasi Harian Contoh di Play Store",
        "Sign up for our newsletter to get the news in your inbox.",
        "Download our app to read the news offline",
        "Подписывайтесь на наш канал в Telegram",
        "Підписуйтесь на наш канал у Telegram",
        "Obserwuj nas na Facebooku",
        "Abonnieren Sie unseren Newsletter",
        "Suivez-nous sur WhatsApp",
        "Síguenos en nuestro canal de WhatsApp",
        "Iscriviti alla newsletter",
        "Assine nossa newsletter",
        "Sledujte nás na Facebooku",
        "Följ oss på Facebook",
    ],
)
def test_a_plea_goes_at_the_end_and_stays_in_the_middle(line):
    assert is_plea(line)
    assert strip_lines("\n".join((*PARAGRAPHS, line)), "") == "\n\n".join(PARAGRAPHS)
    assert line in strip_lines("\n".join((line, *PARAGRAPHS, *PARAGRAPHS)), "")


@pytest.mark.parametrize(
    "line",
    [
        "Followers of the movement met in a hall near the river on Monday.",
        "Read in parliament on Monday, the bill bans the sale of arms.",
        "Join the alliance they will, the minister said.",
    ],
)
def test_a_sentence_is_no_plea(line):
    assert not is_plea(line)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), max_size=8), st.text(max_size=20)
)
def test_lines_are_dropped_whole_or_kept_as_they_are(lines, title):
    written = {" ".join(line.split()) for line in clean("\n".join(lines)).splitlines()}
    kept = [line for line in strip_lines("\n".join(lines), title).split("\n\n") if line]
    assert set(kept) <= written | {line.removeprefix("- ") for line in written}
