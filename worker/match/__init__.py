"""Which topics does this article touch, and in which words: pure, with no clock, socket or database.

    query text | query.parse_query   → nodes: a tree that can be printed and compared
    tree       | compile             → a plan: terms with folded keys, negations pushed down to them
    plan       | index.TopicIndex    → filed under the cheapest keys it needs
    article    | cut, text, reading   → words with their places, entities, facts
    both       | evaluate            → hits: title first, by place, none twice

`docs/query-language.md` is the language for people; `languages/` and `entities/` are what it knows of the
world.
"""

from worker.match.entities import entity_names
from worker.match.explain import Explained, explain
from worker.match.index import TopicIndex
from worker.match.language import detect
from worker.match.printer import print_query
from worker.match.query import parse_query
from worker.match.quote import Quote, quote

__all__ = [
    "Explained",
    "Quote",
    "TopicIndex",
    "detect",
    "entity_names",
    "explain",
    "parse_query",
    "print_query",
    "quote",
]
