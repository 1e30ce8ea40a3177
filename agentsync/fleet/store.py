"""The store of a batch: a bare repository that is thrown away, with the commits and files that were asked for.

It lives for one batch: otherwise its shallow commits and its packs would make each further fetch slower. No object of
any other repository is read, and nothing that is in it is run.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from agentsync.git.git import run_git
from agentsync.git.objects import ObjectReader
from agentsync.platform.files import drop_tree, scratch_folder


class Store:
    """Bare repositories for a block, one for each form of object ids: an empty one is made where it is needed."""

    def __init__(self) -> None:
        self._scratch = scratch_folder()
        self._objects: dict[int, ObjectReader] = {}
        self._folder = Path()

    def __enter__(self) -> Store:
        self._folder = self._scratch.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()
        self._scratch.__exit__(None, None, None)

    def clear(self) -> None:
        """Delete all objects."""
        for objects in self._objects.values():
            objects.close()
            drop_tree(objects.folder)
        self._objects.clear()

    def objects(self, oid: str) -> ObjectReader:
        """Return the repository for objects with ids like this one."""
        found = self._objects.get(len(oid))
        if found is None:
            form = "sha256" if len(oid) == 64 else "sha1"
            folder = self._folder / f"{form}.git"
            run_git(("init", "--quiet", "--bare", "--template=", f"--object-format={form}", str(folder)))
            found = self._objects[len(oid)] = ObjectReader(folder)
        return found

    def absent(self, oids: Iterable[str]) -> list[str]:
        """Return those of these objects that are not there."""
        asked = dict.fromkeys(oids)
        return list(self.objects(next(iter(asked))).absent(asked)) if asked else []
