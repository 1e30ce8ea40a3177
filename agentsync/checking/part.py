"""One folder of a repository as the contents of a pack: a view, so that nothing is listed or read twice."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from agentsync.model.git_file import TreeEntry
from agentsync.model.links import Links
from agentsync.model.pack import Contents


class Part:
    """The files below a folder of other contents, "" for all of them.

    Args:
        paths: every path of the whole, sorted.
        known: the sizes of its plain files.
    """

    def __init__(self, whole: Contents, paths: Sequence[str], folder: str, known: Mapping[str, int]) -> None:
        self._whole = whole
        self._paths = paths
        self._known = known
        self._prefix = f"{folder}/" if folder else ""

    @property
    def tree(self) -> str:
        """The id of the whole: a part has none of its own."""
        return self._whole.tree

    @cached_property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every file by its path in the folder."""
        known = self._whole.entries
        return {path[len(self._prefix) :]: known[path] for path in self._below(self._paths)}

    @cached_property
    def links(self) -> Links:
        """The symlinks in the folder; their goals are paths in the whole."""
        links, start = self._whole.links, len(self._prefix)
        return Links(
            {path[start:]: entry for path, entry in links.files.items() if path.startswith(self._prefix)},
            {path[start:]: real for path, real in links.origins.items() if path.startswith(self._prefix)},
            {path[start:]: why for path, why in links.broken.items() if path.startswith(self._prefix)},
        )

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        """Return the size of each of these files in bytes."""
        wanted = list(paths)
        missing = [whole for path in wanted if (whole := f"{self._prefix}{path}") not in self._known]
        found = {**self._known, **self._whole.sizes(missing)} if missing else self._known
        return {path: found[f"{self._prefix}{path}"] for path in wanted}

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of these files."""
        wanted = list(paths)
        found = self._whole.read(f"{self._prefix}{path}" for path in wanted)
        return {path: found[f"{self._prefix}{path}"] for path in wanted}

    def _below(self, paths: Sequence[str]) -> Iterator[str]:
        if not self._prefix:
            yield from paths
            return
        for place in range(bisect_left(paths, self._prefix), len(paths)):
            if not paths[place].startswith(self._prefix):
                return
            yield paths[place]
