"""The commit that this program was built from.

A built package holds it in `_commit.py`, which `setup.py` writes; in a checkout it is that of the checkout. Nothing
runs git for it, and nothing but `os` is loaded: `--version` answers at once.
"""

# `pathlib` takes longer to load than all of this takes to run.
# ruff: noqa: PTH110, PTH112, PTH118, PTH120, PTH123
import os

from agentsync import __version__

_SHOWN = 12  # digits


def version() -> str:
    """Return the version and, where it is known, the commit: `0.1.0 (4f1c2d3e4a5b)`."""
    try:
        # By its name: where it was not built there is no such module, which no checker has to know.
        commit: str = __import__("agentsync._commit", fromlist=["COMMIT"]).COMMIT
    except ImportError:
        commit = _of_checkout(os.path.dirname(os.path.dirname(__file__)))
    return f"{__version__} ({commit[:_SHOWN]})" if commit else __version__


def _of_checkout(folder: str) -> str:
    """Return the commit of the checkout in a folder, "" where it is none or is made in another way."""
    try:
        return _head(os.path.join(folder, ".git"))
    except (OSError, UnicodeError):
        return ""


def _head(git: str) -> str:
    if not os.path.isdir(git):  # of a worktree: a file that names the folder
        git = os.path.join(os.path.dirname(git), _read(git).removeprefix("gitdir: "))
    head = _read(os.path.join(git, "HEAD"))
    if not head.startswith("ref: "):
        return head
    ref = head.removeprefix("ref: ")
    shared = os.path.join(git, "commondir")
    common = os.path.join(git, _read(shared)) if os.path.exists(shared) else git
    for folder in (git, common):
        if os.path.exists(where := os.path.join(folder, ref)):
            return _read(where)
    rows = _read(os.path.join(common, "packed-refs")).splitlines()
    return next((row.split()[0] for row in rows if row.endswith(f" {ref}")), "")


def _read(where: str) -> str:
    with open(where, encoding="utf-8") as file:
        return file.read().strip()
