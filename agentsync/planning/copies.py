"""Copies: files of the user's that no pack owns, and where in the past of a repository they stood.

A copy is looked for by the ids of its bytes, and where these are nowhere, by its name. Of a skill all files count that
are there. Nothing is read here: ids come in, places go out.
"""

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.model.item import Kind
from agentsync.model.past import Past, Standing
from agentsync.model.rel_path import RelPath, below_folder
from agentsync.packs.frontmatter import read_document
from agentsync.planning.placing import CONTAINERS

# Below this share of common text a version is a suggestion, and no base.
LIKE_ENOUGH: Final = 0.5
MOST_VERSIONS: Final = 50
# What one file that fits counts, against one that upstream has and the copy has not.
_FITS: Final = 10_000
_FOLDERS: Final = CONTAINERS[Kind.AGENT] | CONTAINERS[Kind.COMMAND] | CONTAINERS[Kind.RULE]


class Forms(NamedTuple):
    """The ids that a file may have in git: `near` is it but for a final newline."""

    same: frozenset[str]
    near: frozenset[str] = frozenset()


class Copy(NamedTuple):
    """One item on disk that no pack owns.

    Args:
        path: its file, or the folder of a skill.
        home: the folder of the tool that it is in.
        main: its own file; of a skill the `SKILL.md`.
        name: what its header calls it, "" for nothing.
        files: every file of it.
    """

    kind: Kind
    path: RelPath
    home: str
    main: RelPath
    name: str
    files: tuple[RelPath, ...]

    @property
    def inner(self) -> str:
        """Its path in the folder of the tool."""
        return self.path.removeprefix(f"{self.home}/")

    @property
    def is_folder(self) -> bool:
        return self.path != self.main

    def source_of(self, file: RelPath, spot: str) -> str:
        """Return where one of its files is in a repository, where its own file is at `spot`."""
        if not self.is_folder or file == self.main:
            return spot
        return posixpath.join(posixpath.dirname(spot), file.removeprefix(f"{self.path}/"))


class Spot(NamedTuple):
    """A path of a repository where the own file of a copy stood, as one of these blobs."""

    copy: Copy
    path: str
    oids: frozenset[str]


class Held(NamedTuple):
    """The spot that a copy fits best, and how well.

    Args:
        fitting: the files of the copy that stood there, byte for byte but for line ends.
        changed: those of which other bytes stood there.
        commits: the places in the past of the commits that hold it so.
        oids: the blobs of its files at the newest of them.
    """

    spot: Spot
    fitting: tuple[RelPath, ...]
    changed: tuple[RelPath, ...]
    commits: tuple[int, ...]
    oids: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """True where all that upstream had is there unchanged; files of the user's own beside it do not count."""
        return self.spot.copy.main in self.fitting and not self.changed


def name_in(data: bytes) -> str:
    """Return the name in the header of an item, "" where it has none."""
    text = read_document(data).fields.get("name")
    return text.strip() if isinstance(text, str) else ""


def suits(copy: Copy, path: str) -> bool:
    """Return whether a file of a repository is installed where a copy is."""
    if copy.is_folder:
        return posixpath.basename(posixpath.dirname(path)) == copy.inner
    return below_folder(path, CONTAINERS[copy.kind]) == copy.inner or posixpath.basename(path) == copy.inner


def is_of_kind(kind: Kind, path: str) -> bool:
    """Return whether a file may be an item of a kind, by its path alone."""
    is_skill = posixpath.basename(path).lower() == "skill.md"
    if kind is Kind.SKILL or is_skill:
        return kind is Kind.SKILL and is_skill
    outermost = next((part for part in path.split("/")[:-1] if part in _FOLDERS), None)
    return path.lower().endswith(".md") and (outermost is None or outermost in CONTAINERS[kind])


def find_spots(past: Past, copies: Mapping[Copy, Forms]) -> list[Spot]:
    """Return every path where the own file of a copy stood, by its bytes."""
    wanted: dict[str, list[Copy]] = {}
    for copy, forms in copies.items():
        for oid in forms.same | forms.near:
            wanted.setdefault(oid, []).append(copy)
    found: dict[tuple[Copy, str], None] = {}
    for commit in past.commits:
        for path, oid in commit.changes.items():
            for copy in wanted.get(oid, ()):
                if is_of_kind(copy.kind, path):
                    found[copy, path] = None
    return [Spot(copy, path, copies[copy].same | copies[copy].near) for copy, path in found]


def versions_by_name(past: Past, copies: Collection[Copy]) -> dict[Copy, dict[str, list[str]]]:
    """Return, for each copy, the blobs that stood on paths with its name, the newest first, at most so many together.

    They are by path, those paths first where it would be installed as it is.
    """
    names: dict[str, list[Copy]] = {}
    for copy in copies:
        for name in {_stem(copy.inner), copy.name} - {""}:
            names.setdefault(name.lower(), []).append(copy)
    found: dict[Copy, dict[str, dict[str, None]]] = {copy: {} for copy in copies}
    for commit in reversed(past.commits):
        for path, oid in commit.changes.items():
            for copy in names.get(_named(path), ()):
                if oid and is_of_kind(copy.kind, path):
                    found[copy].setdefault(path, {})[oid] = None
    return {copy: dict(_some(copy, paths)) for copy, paths in found.items()}


def _some(copy: Copy, paths: Mapping[str, Mapping[str, None]]) -> Iterator[tuple[str, list[str]]]:
    left = MOST_VERSIONS
    for path in sorted(paths, key=lambda path: (not suits(copy, path), path)):
        if chosen := list(paths[path])[:left]:
            left -= len(chosen)
            yield path, chosen


def _named(path: str) -> str:
    """Return what a file is called, or of a `SKILL.md` its folder, in small letters."""
    folder, _, name = path.lower().rpartition("/")
    return folder.rpartition("/")[2] if name == "skill.md" else _stem(name)


def _stem(path: str) -> str:
    return posixpath.basename(path).removesuffix(".md").removesuffix(".agent")


def hold(past: Past, spots: Sequence[Spot], forms: Mapping[RelPath, Forms]) -> list[Held]:
    """Return, for each spot, the commits at which its copy fits best; spots that never held it are left out.

    Args:
        forms: the ids of every file of every copy.
    """
    folders = {posixpath.dirname(spot.path) for spot in spots if spot.copy.is_folder}
    paths = {spot.path for spot in spots} | set(_below(past, folders))
    standing = past.standing(paths)
    distinct = {id(state): state for state in standing}
    found = []
    for spot in spots:
        scores = {key: _score(spot, state, forms) for key, state in distinct.items()}
        best = max(scores.values(), default=0)
        if best <= 0:
            continue
        commits = tuple(place for place, state in enumerate(standing) if scores[id(state)] == best)
        there = standing[commits[-1]]
        files = {file: there.get(spot.copy.source_of(file, spot.path)) for file in spot.copy.files}
        fitting = tuple(file for file, oid in files.items() if oid in forms[file].same)
        changed = tuple(file for file, oid in files.items() if oid is not None and file not in fitting)
        oids = tuple(oid for oid in files.values() if oid is not None)
        found.append(Held(spot, fitting, changed, commits, oids))
    return found


def _below(past: Past, folders: Collection[str]) -> Iterator[str]:
    if not folders:
        return
    prefixes = tuple(f"{folder}/" if folder else "" for folder in folders)
    for commit in past.commits:
        for path in commit.changes:
            if path.startswith(prefixes):
                yield path


def _score(spot: Spot, state: Standing, forms: Mapping[RelPath, Forms]) -> int:
    """Return how well a copy fits what stood at a spot, 0 where its own file did not stand there."""
    if state.get(spot.path) not in spot.oids:
        return 0
    copy = spot.copy
    if not copy.is_folder:
        return _FITS
    sources = {copy.source_of(file, spot.path): file for file in copy.files}
    fitting = sum(state.get(source) in forms[file].same for source, file in sources.items())
    folder = posixpath.dirname(spot.path)
    lacking = sum(path not in sources for path in state if path.startswith(f"{folder}/")) if folder else 0
    return max(1, _FITS * (fitting + 1) - lacking)


class Chosen(NamedTuple):
    """A commit that a pack is taken from, and the version that it is, "" for none."""

    place: int
    tag: str = ""


def choose_commit(past: Past, copies: Sequence[Collection[int]], releases: Mapping[str, int], branch: int) -> Chosen:
    """Choose the commit that a pack is taken from, by the commits that hold each of its copies.

    No copy must be newer than it, as far as one commit comes behind all of them. Of those the one that holds the most
    copies is taken, of several the newest; a release, unless a commit holds twice as many.

    Args:
        releases: the places of the releases, by tag, the newest first.
        branch: the place of the head of the branch that is followed where no release serves.
    """
    held = [0] * len(past.commits)
    for number, commits in enumerate(copies):
        for place in commits:
            held[place] |= 1 << number
    seen = [bits.bit_count() for bits in past.seen(held)]
    on_branch = past.before([branch])
    tags = {place: tag for tag, place in reversed(list(releases.items()))}
    eligible = [place for place in range(len(held)) if on_branch[place] or place in tags]
    most = max((seen[place] for place in eligible), default=0)
    behind = [place for place in eligible if seen[place] == most]
    order = {tag: -number for number, tag in enumerate(releases)}
    count = {place: held[place].bit_count() for place in behind}
    best = max((place for place in behind if on_branch[place]), key=lambda place: (count[place], place), default=branch)
    released = max(
        (place for place in behind if place in tags), key=lambda place: (count[place], order[tags[place]]), default=None
    )
    if released is not None and count[released] and 2 * count[released] >= count.get(best, 0):
        return Chosen(released, tags[released])
    return Chosen(best)
