"""The two places that files are installed into: a project, or the user's home."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from agentsync.errors import ManifestError
from agentsync.model.names import LOCK_NAME, MANIFEST_NAME, OTHER_NAME, STATE_FOLDER, ScopeName


def _nowhere() -> None:
    return None


class Scope(NamedTuple):
    """The place of the files of one manifest.

    Args:
        name: project or user.
        root: the folder that every path in the lock starts from.
        home: the folder that holds manifest, lock and state.
        moved: folders of paths that stand elsewhere, by an AI tool's own variable or the user's policy.
        linkable: returns the folders of AI tools, which may be links to a folder inside the scope; asked once there is
            a link.
        own: returns the folder of the user's own state, which no checkout contains; None where there is none.
    """

    name: ScopeName
    root: Path
    home: Path
    moved: Mapping[str, Path] = {}
    linkable: Callable[[], frozenset[str]] = frozenset
    own: Callable[[], Path | None] = _nowhere

    @property
    def manifest(self) -> Path:
        """Return the path of `agentsync.yaml`."""
        return self.home / MANIFEST_NAME

    @property
    def lock(self) -> Path:
        """Return the path of `agentsync.lock`."""
        return self.home / LOCK_NAME

    @property
    def state(self) -> Path:
        """Return the folder of receipt, backups and patches."""
        return self.home / STATE_FOLDER


def refuse_other_name(folder: Path) -> None:
    """Raise ManifestError where a folder has no manifest, but one of another name."""
    if (folder / OTHER_NAME).is_file() and not (folder / MANIFEST_NAME).exists():
        import shlex

        is_here = folder == Path.cwd()
        names = [name if is_here else str(folder / name) for name in (OTHER_NAME, MANIFEST_NAME)]
        raise ManifestError(
            f"the manifest is called {OTHER_NAME} here",
            why=f"{folder / OTHER_NAME} is not read",
            hint=f"rename it: {shlex.join(['mv', *names])}",
        )


def find_project(start: Path) -> Path:
    """Return the nearest folder, from `start` upwards, that holds a manifest; raise ManifestError where none does."""
    for folder in (start, *start.parents):
        if (folder / MANIFEST_NAME).is_file():
            return folder
        refuse_other_name(folder)
    raise ManifestError(
        f"no {MANIFEST_NAME} here or in any folder above",
        why=f"looked from {start} upwards",
        hint="start a project with `agentsync init`, or name the user scope with --user",
    )
