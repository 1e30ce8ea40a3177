"""Build what is published, from the commit that is checked out: `python -m release [FOLDER]`.

A wheel, a source distribution, and a zipapp that needs no pip. Built again, on another machine, they are the same
bytes: all times are that of the commit, and what the index delivers is at the versions of `requirements/locked.txt`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from release.archives import build_distributions, build_zipapp

ROOT = Path(__file__).resolve().parent.parent


def main(out: Path) -> None:
    """Build everything into a folder, and print what was built."""
    out.mkdir(parents=True, exist_ok=True)
    os.umask(0o022)
    epoch = int(_git("log", "-1", "--format=%ct"))
    with tempfile.TemporaryDirectory() as folder:
        # A clone, so that neither files that are not committed nor their modes get in.
        checkout = Path(folder, "agentsync")
        _git("clone", "--quiet", "--no-local", str(ROOT), str(checkout))
        subprocess.run(["git", "checkout", "--quiet", _git("rev-parse", "HEAD")], cwd=checkout, check=True)
        built = build_distributions(checkout, out, epoch)
        wheel = next(path for path in built if path.suffix == ".whl")
        built.append(build_zipapp(wheel, ROOT / "requirements" / "locked.txt", out / "agentsync.pyz", epoch))
    for path in built:
        print(path)


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist"))
