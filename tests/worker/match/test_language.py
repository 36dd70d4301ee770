"""Which language a text is in."""

from __future__ import annotations

import pytest

from worker.match import detect

TEXTS = {
    "id": "Presiden menyatakan bahwa pemerintah akan segera menaikkan anggaran pertahanan untuk tahun depan.",
    "en": "The president said on Tuesday that the government would raise the defence budget next year.",
    "uk": "Президент заявив, що уряд збільшить видатки на оборону вже наступного року.",
    "ru": "Президент заявил, что правительство увеличит расходы на оборону уже в следующем году.",
    "pl": "Prezydent powiedział we wtorek, że rząd zwiększy w przyszłym roku wydatki na obronność.",
    "de": "Der Präsident sagte am Dienstag, die Regierung werde die Ausgaben für Verteidigung erhöhen.",
    "fr": "Le président a déclaré mardi que le gouvernement augmenterait le budget de la défense.",
    "es": "El presidente dijo el martes que el Gobierno aumentará el presupuesto de defensa.",
    "it": "Il presidente ha detto martedì che il governo aumenterà le spese per la difesa.",
    "zh": "总统星期二表示，政府明年将增加国防预算。",
    "ja": "大統領は火曜日、来年度の防衛予算を増額すると述べた。",
    "ar": "قال الرئيس يوم الثلاثاء إن الحكومة ستزيد ميزانية الدفاع في العام المقبل",
}


@pytest.mark.parametrize(("language", "text"), TEXTS.items())
def test_a_paragraph_tells_its_language(language: str, text: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    "text", ["", "2026 — 11:23", "🙂🙂", "Nato", "https://example.org/il/presidente/ha/detto"]
)
def test_a_text_that_says_too_little_has_the_language_the_feed_says(text: str) -> None:
    assert detect(text) is None
    assert detect(text, prior="id") == "id"


def test_the_feed_knows_better_between_languages_written_alike() -> None:
    assert detect(TEXTS["id"], prior="ms") == "ms"


def test_a_clear_text_outweighs_the_feed() -> None:
    assert detect(TEXTS["uk"], prior="ru") == "uk"
