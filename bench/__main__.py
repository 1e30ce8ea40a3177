"""Run every benchmark, one after the other, and print what was measured."""

from __future__ import annotations

from bench import merge, resolve, start


def main() -> None:
    """Print a heading and a table for each."""
    for title, benchmark in (("Resolving", resolve), ("Small commands", start), ("Merging", merge)):
        print(f"\n## {title}\n\n{benchmark.__doc__}\n")
        benchmark.main()


main()
