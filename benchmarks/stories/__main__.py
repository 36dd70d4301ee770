"""`python -m benchmarks.stories [--articles 100000]`."""

from __future__ import annotations

import argparse

from benchmarks.stories.window import measure


def main() -> None:
    """Prints what it costs to put an article into a story."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stories", description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000, help="in the window of 72 hours")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    for line in measure(asked.articles, asked.seed):
        print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
