from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest
from lxml import html

from worker.errors import BadConfiguration
from worker.pages.extract import extract_page
from worker.pages.site import known_sites, reader_for


def _package(folder: Path, **files: str) -> types.ModuleType:
    name = f"sites_{folder.name.replace('-', '_')}"
    for file, text in files.items():
        (folder / f"{file}.py").write_text(text, "utf-8")
    package = types.ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package
    return package


def test_every_shipped_site_can_read():
    assert all(callable(read) for read in known_sites().values())


def test_a_file_speaks_for_its_host_and_those_below(tmp_path):
    readers = known_sites(_package(tmp_path, news_ex_ample_id="def read(tree):\n    return 'own'\n"))
    for url in ("https://news.ex-ample.id/1", "https://www.NEWS.ex-ample.id:8443/2"):
        assert reader_for(url, readers)(html.fromstring("<p>x</p>")) == "own"
    for url in ("https://other.ex-ample.id/1", "", "http://["):
        assert reader_for(url, readers) is None


@pytest.mark.parametrize(
    "text", ["read = 1\n", "x = 1\n", "import nowhere_at_all\n", "def read(:\n", "1 / 0\n"]
)
def test_a_broken_file_is_named_and_does_not_vanish(tmp_path, text):
    with pytest.raises(BadConfiguration, match="broken_example"):
        known_sites(_package(tmp_path, broken_example=text))


def test_no_files_are_no_sites(tmp_path):
    assert known_sites(_package(tmp_path)) == {}


def test_a_site_of_its_own_goes_before_the_general_rules(monkeypatch):
    readers = {"news_example": lambda tree: tree.findtext(".//i")}
    monkeypatch.setattr("worker.pages.page.known_sites", lambda: readers)
    page = b"<html><body><i>Own words.</i><p>Other words.</p></body></html>"
    assert extract_page(page, "https://news.example/1").text == "Own words."
    assert extract_page(page, "https://news.example/1").method == "site"
    assert extract_page(page, "https://else.example/1").method != "site"
