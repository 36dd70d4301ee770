"""Foreign HTML made harmless to parse: parsers are quadratic in depth and in attributes, which cost an
attacker five bytes each. 100,000 nested `<div>` took an HTML5 parser 11 s, 100,000 attributes libxml2 85 s.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

DEPTH = 100  # open elements; 51 at most in 181 news pages
TAGS_MOST = 20_000  # start tags; 1,570 at most in 181 news pages
_TABLES_DEEP = 8
_ATTRIBUTES_MOST = 100
_CROWDED_LENGTH = 2 * _ATTRIBUTES_MOST
_OPENING = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,40})|<!--")
# An attribute, and a start tag's rest (https://html.spec.whatwg.org/#before-attribute-name-state): quotes
# count only after `=`. Possessive, so that unclosed quotes cost one look at the rest and not one each.
_ATTRIBUTE = r"=?[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?+"
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_REST = re.compile(rf"(?:[\s/]++|{_ATTRIBUTE})*+>?")
# Never a parent of many: parsers close these by themselves, and real pages leave thousands of them open.
_SELF_CLOSING = """
    area base br col embed hr img input link meta param source track wbr
    p li dt dd option optgroup tr td th tbody thead tfoot colgroup rp rt
"""
_NOT_COUNTED = frozenset(_SELF_CLOSING.split())
_RAW = frozenset(("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"))
# An end tag does not reach through these (https://html.spec.whatwg.org/#has-an-element-in-scope).
_WALLS = frozenset(("table", "template", "object", "marquee", "applet", "svg", "math", "html"))


def shallow(markup: str) -> str:
    """The same markup without what only an attack has: start tags nested deeper than `DEPTH` or beyond the
    first `TAGS_MOST`, and the attributes of tags with more than a hundred of them. Texts stay."""
    pieces: list[str] = []
    kept = 0
    for start, end, instead in _cuts(markup):
        pieces += (markup[kept:start], instead)
        kept = end
    return "".join((*pieces, markup[kept:])) if pieces else markup


def _cuts(markup: str) -> Iterator[tuple[int, int, str]]:
    """From where to where a tag is to be replaced, and by what."""
    stack: list[str] = []
    seen, at = 0, 0
    while found := _OPENING.search(markup, at):
        at = found.end()
        name = (found[2] or "").lower()
        if not name:
            at = _past(markup, "-->", at)
        elif found[1]:
            _close(stack, name)
        else:
            seen += 1
            at = _REST.match(markup, at).end()  # type: ignore[union-attr]  # it also matches nothing
            instead = _kept_tag(markup[found.start() : at], name, stack, seen)
            if instead is not None:
                yield found.start(), at, instead
            if name in _RAW:
                at = _past(markup, f"</{found[2]}", at)


def _kept_tag(tag: str, name: str, stack: list[str], seen: int) -> str | None:
    """What to write for a start tag where that is not the tag itself; notes it as open."""
    if name not in _RAW and (seen > TAGS_MOST or (name not in _NOT_COUNTED and _full(stack, name))):
        return ""
    if name not in _NOT_COUNTED and name not in _RAW:
        stack.append(name)
    crowded = len(tag) > _CROWDED_LENGTH and len(_ATTRIBUTES.findall(tag)) > _ATTRIBUTES_MOST
    return f"<{name}>" if crowded else None


def _full(stack: list[str], name: str) -> bool:
    return len(stack) >= DEPTH or (name == "table" and Counter(stack)["table"] >= _TABLES_DEEP)


def _close(stack: list[str], name: str) -> None:
    for place in range(len(stack) - 1, -1, -1):
        if stack[place] == name:
            del stack[place:]
            return
        if stack[place] in _WALLS:
            return


def _past(markup: str, closing: str, at: int) -> int:
    """After the closing mark; what is never closed reaches to the end of the document."""
    end = markup.find(closing, at)
    return len(markup) if end < 0 else end + len(closing)
