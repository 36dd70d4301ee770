"""Chinese and Japanese are cut where their words begin and end, and searched letter by letter without ICU."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.doctor import examine
from worker.match import TopicIndex, segments
from worker.match.segments import borders
from worker.model import Article, Topic, TopicId


def _finds(query: str, text: str) -> bool:
    index = TopicIndex()
    index.add(Topic(TopicId(1), "", query))
    return bool(index.match(Article("", text, "zh")))


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("中国", "中国和俄罗斯", True),
        ("中国", "集中国力办大事", False),
        ("日本", "日本と中国", True),
        ("日本", "今日本当に", False),
        ("=中国", "集中国力办大事", True),  # exact is letter by letter: every Han letter is a border
        ("乌克*", "俄罗斯入侵乌克兰", True),
        ('"北约 峰会"', "北约峰会在布鲁塞尔举行", True),
        ("中国 NEAR/3 俄罗斯", "中国和俄罗斯", True),
    ],
)
def test_a_term_covers_whole_words(query: str, text: str, found: bool) -> None:
    assert _finds(query, text) is found


@given(st.text(alphabet="中国和😀𠀀aカ。 ", max_size=20))
def test_borders_are_offsets_of_code_points(text: str) -> None:
    found = borders(text)
    assert found is not None
    assert found <= set(range(len(text) + 1))
    assert not text or {0, len(text)} <= found


def test_without_icu_letters_are_searched_and_the_doctor_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert any(finding.about == "words" and finding.level == "ok" for finding in examine())
    monkeypatch.setattr(segments, "find_spec", lambda _name: None)
    assert borders("集中国力") is None
    assert _finds("中国", "集中国力办大事")
    (finding,) = [finding for finding in examine() if finding.about == "words"]
    assert finding.level == "warn"
    assert "icu4py" in finding.remedy
