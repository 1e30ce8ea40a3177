"""Run every benchmark, one after the other, and print what was measured."""

from __future__ import annotations

from bench import merge, registries, resolve, start


def main() -> None:
    """Print a heading and a table for each."""
    benchmarks = (("Resolving", resolve), ("Asking registries", registries), ("Small commands", start))
    for title, benchmark in (*benchmarks, ("Merging", merge)):
        print(f"\n## {title}\n\n{benchmark.__doc__}\n")
        benchmark.main()


main()
