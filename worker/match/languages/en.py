"""English: the possessive 's; names do not inflect, and plurals and adjectives of them are other words.

Source: Huddleston & Pullum, The Cambridge Grammar of the English Language, the genitive.
"""

from __future__ import annotations

from worker.match.languages import Clitics, Language

LANGUAGE = Language(
    code="en",
    name="English",
    clitics=Clitics(apostrophised=frozenset({"s"})),
    attached={
        "ukraine": "Ukraine's Ukraine’s UKRAINE'S pro-Ukraine Ukraine-Russia",
        "nato": "NATO's NATO-led non-NATO",
        "russia": "Russia's Russia‘s anti-Russia",
        "china": "China's US-China China-based",
        "putin": "Putin's Putin-Xi",
        "zelensky": "Zelensky's Zelenskyy-Zelensky",
        "netherlands": "Netherlands' Netherlands’",
        "texas": "Texas's Texas'",
        "indonesia": "Indonesia's Indonesia–Malaysia",
        "kyiv": "Kyiv's Kyiv—Lviv",
    },
    strangers={
        "don": "don't",
        "can": "can't",
        "brien": "O'Brien",
        "ukraine": "Ukrainian Ukraines",
        "china": "Chinatown chinas",
        "turkey": "turkeys",
        "mali": "Malian malice",
        "oman": "Roman woman",
        "iran": "Iranian",
    },
    unrelated={
        "Ukraine": "Ukraines Ukrainian",
        "China": "Chinas Chinese",
        "Turkey": "turkeys Turkeys",
        "Chad": "chads",
        "Putin": "putting Putins",
        "Niger": "Nigeria Nigers",
    },
)
