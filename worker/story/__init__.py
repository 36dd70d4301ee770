"""PURE. Is this the same text as one that is known, and the same event as one that was told of?

    article         | sketch   → the print of its text: is it a copy?
                    | terms    → what it tells of: things with a name (`gazetteer`), numbers, telling words
    recent stories  | rarity   → how telling each of these is
    two articles    | likeness → same text? same event?
    one among many  | placing  → its story, with a named reason

A story decides what is told together; it never decides whether something is told.
"""

from worker.model import Article
from worker.story.keys import asked_of, keys_of
from worker.story.likeness import Likeness, Sketch, likeness, same_text
from worker.story.placing import EVENT_WINDOW, STORY_SPAN, TEXT_WINDOW, Placed, Placing, Reason, place
from worker.story.rarity import LANGUAGE, Rarity, guessed_share
from worker.story.sketch import TextPrint, print_of, print_of_words
from worker.story.terms import LEAD, is_fact, lead_of, terms_in

__all__ = [
    "EVENT_WINDOW",
    "LANGUAGE",
    "STORY_SPAN",
    "TEXT_WINDOW",
    "Likeness",
    "Placed",
    "Placing",
    "Rarity",
    "Reason",
    "Sketch",
    "TextPrint",
    "asked_of",
    "guessed_share",
    "is_fact",
    "keys_of",
    "likeness",
    "place",
    "same_text",
    "sketch_of",
]


def sketch_of(article: Article) -> Sketch:
    """The article's sketch. Its text is what stands below the title, which each outlet writes anew."""
    language = article.language.partition("-")[0].lower() if article.language else None
    reading = lead_of(article)
    if (
        len(article.body) <= LEAD
    ):  # as long as nearly all are; what was cut for its names need not be cut again
        text = print_of_words((reading.body if article.body else reading.title).tokens)
    else:
        text = print_of(article.body)
    return Sketch(text, terms_in(reading), language)
