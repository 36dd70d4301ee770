"""sfeed: a shell script, curl and a parser in C; reads whole feeds into files and tells nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.journey.outside import Places
from benchmarks.journey.peers.peer import debian_version, missing_program


@dataclass
class Sfeed:
    """`sfeed_update`, with its own eight jobs."""

    name: str = "sfeed"
    tells: str = "nobody"
    faults: bool = True
    place: Path = field(default_factory=Path)

    def missing(self) -> str:
        """One of Debian's packages."""
        return missing_program("sfeed_update", "sfeed")

    def version(self) -> str:
        """As Debian calls it."""
        return debian_version("sfeed")

    def prepare(self, place: Path, places: Places) -> None:
        """Its configuration is a script that names each feed."""
        self.place = place
        self._files.mkdir()
        feeds = "".join(f'\tfeed "f{n}" "{url}"\n' for n, url in enumerate(places.feeds))
        script = f'sfeedpath="{self._files}"\nfeeds() {{\n{feeds}}}\n'
        (place / "sfeedrc").write_text(script, encoding="utf-8")

    def command(self, *, first: bool) -> Sequence[str]:  # noqa: ARG002  it never tells anybody
        """One round."""
        return ["sfeed_update", str(self.place / "sfeedrc")]

    def environ(self) -> Mapping[str, str]:
        """Nothing of whoever measures."""
        return {"HOME": str(self.place)}

    def known(self) -> set[str]:
        """The sixth field of each line is the entry's id (sfeed(5))."""
        return {
            line.split("\t")[5].rpartition("/")[2]
            for file in self._files.iterdir()
            for line in file.read_text("utf-8", "replace").splitlines()
            if line.count("\t") > 5
        }

    @property
    def _files(self) -> Path:
        return self.place / "feeds"
