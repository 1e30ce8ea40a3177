#!/usr/bin/env python3
"""List the files that this branch changes, the riskiest first.

Usage: changed_files.py [BASE]      BASE is the branch to compare with, `main` by default
"""

import subprocess
import sys

RISKS = (
    ("migration", "changes stored data"),
    ("auth", "decides who may do what"),
    ("payment", "moves money"),
    (".github/", "runs with the secrets of the build"),
    ("lock", "changes what is installed"),
)


def main() -> int:
    base = sys.argv[1] if len(sys.argv) > 1 else "main"
    command = ["git", "diff", "--numstat", "-z", "--no-renames", f"{base}...HEAD", "--"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip(), file=sys.stderr)
        return 1
    rows = []
    for record in filter(None, done.stdout.split("\0")):
        added, removed, path = record.split("\t", 2)
        lines = sum(int(count) for count in (added, removed) if count != "-")
        why = next((why for word, why in RISKS if word in path.lower()), "")
        rows.append((not why, -lines, path, lines, why))
    for _, _, path, lines, why in sorted(rows):
        print(f"{lines:6}  {path}{'  <- ' + why if why else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
