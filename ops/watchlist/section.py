"""One table of the file being read: it hands out clean values and keeps a complaint for every bad one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ops.watchlist.lines import Lines, Path
from ops.watchlist.model import Complaint, Noun
from ops.watchlist.values import Read
from ops.watchlist.words import Fault, did_you_mean, shown, visible

T = TypeVar("T")
_HINTED = 20
"""Names of one file that get a "did you mean": a file of a thousand misspellings is not worth the search."""


@dataclass(slots=True)
class Sheet:
    """The file while it is read: its name, its lines, and what was found wrong so far."""

    file: str
    lines: Lines
    complaints: list[Complaint] = field(default_factory=list)
    warnings: list[Complaint] = field(default_factory=list)
    hints_left: int = _HINTED

    def complain(self, path: Path, key: str, fault: Fault) -> None:
        """Keeps what makes the file unusable."""
        self.complaints.append(self._complaint(path, key, fault))

    def warn(self, path: Path, key: str, fault: Fault) -> None:
        """Keeps what is probably not meant, although it can be used."""
        self.warnings.append(self._complaint(path, key, fault))

    def _complaint(self, path: Path, key: str, fault: Fault) -> Complaint:
        problem = fault.problem + self._hint(fault)
        return Complaint(self.file, self.lines.of(path), key, problem, fault.expected)

    def _hint(self, fault: Fault) -> str:
        if not fault.known or not self.hints_left:
            return ""
        self.hints_left -= 1
        return did_you_mean(fault.unknown, fault.known)


@dataclass(slots=True)
class Section:
    """One `[[noun]]` table. Keys that nobody asked for are unknown ones."""

    sheet: Sheet
    noun: Noun
    path: Path
    values: dict[str, Any]
    asked: list[str] = field(default_factory=list)
    items: dict[str, dict[str, int]] = field(default_factory=dict)
    """The texts of each list by their place in it."""

    def complain(self, key: str, fault: Fault, *inside: str | int) -> None:
        """A complaint about a key, or about what stands inside its list or table."""
        self.sheet.complain((*self.path, key, *inside), self.title(key, *inside), fault)

    def warn(self, key: str, fault: Fault, *inside: str | int) -> None:
        """A warning about a key, or about what stands inside its list or table."""
        self.sheet.warn((*self.path, key, *inside), self.title(key, *inside), fault)

    def title(self, *keys: str | int) -> str:
        """How a key is named in a complaint: `[[feed]] every`, `[[feed]] headers.X-Api-Key`."""
        named = ".".join(visible(key[:60]) for key in keys if isinstance(key, str))
        return f"[[{self.noun}]] {named}"

    def take(self, key: str, read: Callable[[object], T | Fault], default: T) -> T:
        """The key's value; the default where it is not given or cannot be used."""
        self.asked.append(key)
        if key not in self.values:
            return default
        return self._read(key, read, self.values[key], default)

    def need(self, key: str, read: Read[str]) -> str:
        """The value of a key that has to be there; empty where it is not or cannot be used."""
        if key not in self.values:
            self.missing(key)
        return self.take(key, read, "")

    def take_all(self, key: str, read: Read[str]) -> tuple[str, ...]:
        """The usable texts of a list, each once."""
        self.asked.append(key)
        raw = self.values.get(key, [])
        if not isinstance(raw, list):
            self.complain(
                key, Fault(f"{shown(raw)} is not a list", f"texts in brackets, such as {_list(raw)}")
            )
            return ()
        found: dict[str, int] = {}
        for index, item in enumerate(raw):
            value = self._read(key, read, item, "", index)
            if value in found:
                self.warn(key, Fault(f"{shown(value)} stands there twice"), index)
            elif value:
                found[value] = index
        self.items[key] = found
        return tuple(found)

    def need_some(self, key: str, read: Read[str]) -> tuple[str, ...]:
        """The texts of a list that has to hold at least one."""
        if key not in self.values:
            self.missing(key)
        elif self.values[key] == []:
            self.complain(key, Fault("is empty", "a list of at least one"))
        return self.take_all(key, read)

    def one_or_more(self, key: str, read: Read[str], default: tuple[str, ...]) -> tuple[str, ...]:
        """A text or a list of texts; the default where none is given."""
        if isinstance(self.values.get(key), list):
            return self.need_some(key, read) or default
        one = self.take(key, read, "")
        return (one,) if one else default

    def table(self, key: str) -> dict[str, Any]:
        """The pairs of an inline table or sub-table."""
        self.asked.append(key)
        raw = self.values.get(key, {})
        if isinstance(raw, dict):
            return raw
        self.complain(
            key, Fault(f"{shown(raw)} is not a table", 'pairs in braces, such as { X-Api-Key = "env:KEY" }')
        )
        return {}

    def finish(self) -> None:
        """Complains of the keys that nobody asked for."""
        known = tuple(dict.fromkeys(self.asked))
        for key in self.values:
            if key not in known:
                expected = f"one of {', '.join(known)}"
                self.complain(key, Fault(f"is not a key of [[{self.noun}]]", expected, key, known))

    def missing(self, key: str) -> None:
        """A complaint about a key that has to be there."""
        fault = Fault(f"`{key}` is missing", f"a line such as {_EXAMPLES[self.noun, key]}")
        self.sheet.complain(self.path, f"[[{self.noun}]]", fault)

    def _read(
        self, key: str, read: Callable[[object], T | Fault], raw: object, default: T, *inside: int
    ) -> T:
        value = read(raw)
        if isinstance(value, Fault):
            self.complain(key, value, *inside)
            return default
        return value


_EXAMPLES = {
    ("feed", "url"): 'url = "https://news.example.id/rss"',
    ("entity", "key"): 'key = "harian-contoh"',
    ("entity", "title"): 'title = "Harian Contoh"',
    ("entity", "names"): 'names.id = { name = ["Harian Contoh"] }',
    ("topic", "name"): 'name = "NATO"',
    ("topic", "query"): "query = '@nato OR \"pakta pertahanan\"'",
    ("channel", "name"): 'name = "desk"',
    ("subscription", "topics"): 'topics = ["NATO"]',
    ("subscription", "channels"): 'channels = ["desk"]',
}


def _list(raw: object) -> str:
    return f"[{shown(raw)}]" if isinstance(raw, str) else '["…"]'
