"""One engine in a process of its own: `python -m benchmarks.matching.child ENGINE DIRECTORY SECONDS`."""

from __future__ import annotations

import sys
from importlib import import_module

from benchmarks.matching.memory import resident_mb


def main() -> None:
    """Measure what the command line names and print it as one line of JSON."""
    bare_mb = resident_mb()  # before anything of Pantau is imported
    import_module("benchmarks.matching.run").child(bare_mb, *sys.argv[1:])


if __name__ == "__main__":
    main()
