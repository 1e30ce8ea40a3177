"""Start a pack or a registry: write its first files where nothing stands."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.checking.check import files_of, url_of
from agentsync.disk.author_tree import AuthorTree
from agentsync.errors import UsageError
from agentsync.formats.git_url import parse_git_url
from agentsync.formats.registry_edits import add_pack
from agentsync.git.own_repository import open_checkout
from agentsync.model.item import Kind
from agentsync.model.names import nearest
from agentsync.model.plain_name import LONGEST, is_plain_name, plain_name
from agentsync.model.redaction import redact
from agentsync.packs.pack_file import PACK_FILE
from agentsync.publishing.ci import HOSTS, workflow
from agentsync.publishing.new_pack import DEFAULT_KINDS, KINDS, first_files
from agentsync.publishing.new_registry import README, readme_text, registry_text
from agentsync.publishing.proposals import Proposal, Proposals, proposals
from agentsync.registries.included import may_include
from agentsync.registries.registry_file import REGISTRY_NAME, included_files, packs_by_file, parse_registry_file

_GIT: Final = ".git"
_BRANCH, _URL = "main", "URL"  # where no repository says what they are


class Started(NamedTuple):
    """A pack or a registry that was started, or would be.

    Args:
        path: its folder, from the current one.
        written: the files that were written, from the current folder.
    """

    name: str
    path: str
    written: tuple[str, ...]


def chosen_name(given: str, folder: Path, what: str) -> str:
    """Return the name that was given, else the folder's; raise UsageError for one that not every tool takes."""
    if given:
        if is_plain_name(given):
            return given
        why = f"a name has lower-case letters, digits and single hyphens, at most {LONGEST} of them"
        made = plain_name(given)
        raise UsageError(
            f"{given!r} cannot be the name of a {what}",
            why=why,
            hint=f"--name {made}" if made else "choose another one",
        )
    if name := plain_name(folder.name):
        return name
    raise UsageError(f"no name for the {what} comes from {folder}", hint="give it one with --name NAME")


def kinds_of(words: Sequence[str]) -> Collection[Kind]:
    """Return the kinds of items that a new pack gets a file of, the usual ones where none is named."""
    known = {str(kind): kind for kind in KINDS}
    for word in words:
        if word not in known:
            raise UsageError(f"there is no first file for the kind {word!r}", hint=nearest(word, known))
    return [known[word] for word in words] or DEFAULT_KINDS


def start_pack(folder: Path, name: str, kinds: Collection[Kind], *, dry_run: bool) -> Started:
    """Write the first files of a pack, and its entry in the registry that it lies in.

    Raises:
        UsageError: where a file or the entry is there already; nothing is written then.
        ResolutionError: where the registry is not valid.
    """
    folder = absolute(folder)
    top = registry_above(folder) or folder
    below = folder.relative_to(top).as_posix()
    files = {_join(below, path): text.encode() for path, text in first_files(name, kinds).items()}
    tree = AuthorTree(top)
    listed = tree.read(REGISTRY_NAME)
    tree.refuse_taken(files)
    entered = _with_entry(listed, top, name, below) if listed is not None else None
    if not dry_run:
        tree.add(files)
        if entered is not None:
            tree.put(REGISTRY_NAME, listed, entered)
    paths = [*files, *([REGISTRY_NAME] if entered is not None else [])]
    return Started(name, shown_from_here(folder), tuple(shown_from_here(top / path) for path in paths))


def registry_above(folder: Path) -> Path | None:
    """Return the registry that a folder is in: the nearest folder with a list of packs, in its git repository."""
    for above in (folder, *folder.parents):
        if (above / REGISTRY_NAME).is_file():
            return above
        if (above / _GIT).exists():
            return None
    return None


def _with_entry(listed: bytes, top: Path, name: str, below: str) -> bytes:
    text = listed.decode("utf-8", "surrogateescape")
    files = _included(text, top)
    known = parse_registry_file(text, name=REGISTRY_NAME, git=parse_git_url(top.as_posix()), files=files).offers
    lists = packs_by_file(files)
    for offer in known:
        if offer.name == name:
            raise UsageError(
                f"the registry has a pack {name} already",
                why=f"{lists.get(name, REGISTRY_NAME)} has it at {offer.path or '.'}",
                hint="choose another name with --name",
            )
        if not offer.elsewhere and (offer.path or ".") == below:
            said = lists.get(offer.name, REGISTRY_NAME)
            raise UsageError(f"{below} is the pack {offer.name} already", why=f"{said} says so")
    return add_pack(text, name, below).encode("utf-8", "surrogateescape")


def _included(text: str, top: Path) -> tuple[tuple[str, str], ...]:
    """Return the files that a list of packs includes, as they are in the working tree."""
    if not may_include(text):
        return ()
    with open_checkout(top) as checkout:
        return included_files(text, files_of(checkout, checkout.below))


class StartedRegistry(NamedTuple):
    """A registry that was started, or would be: see `Started`; and the packs that were found in it."""

    name: str
    path: str
    written: tuple[str, ...]
    packs: tuple[Proposal, ...]
    notes: tuple[str, ...]


def start_registry(folder: Path, name: str, host: str, *, takes_all: bool, dry_run: bool) -> StartedRegistry:
    """Write the first files of a registry.

    Args:
        host: the kind of host whose workflow is written, "" for none.
        takes_all: make entries of the packs that are found; else they are proposed in comments.

    Raises:
        UsageError: where a file is there already; nothing is written then.
    """
    tree = AuthorTree(folder)
    files = {REGISTRY_NAME: ""} | ({HOSTS[host]: ""} if host else {})
    tree.refuse_taken(files)
    found, branch, url, below = _found(folder)
    files[REGISTRY_NAME] = registry_text(name, found.packs, taken=takes_all)
    if host:
        files[HOSTS[host]] = workflow(host, branch)
    if tree.read(README) is None:
        files[README] = readme_text(name, url, found.packs if takes_all else ())
    if not dry_run:
        tree.add({path: text.encode() for path, text in files.items()})
    notes = [f"{REGISTRY_NAME} counts at the top of a repository, and {below} is a folder of one"] * bool(below)
    if found.left_out:
        notes.append(
            f"what the list of plug-ins says of {', '.join(found.left_out)} counts as it is: no entry is needed"
        )
    written = tuple(shown_from_here(folder / path) for path in files)
    return StartedRegistry(name, shown_from_here(folder), written, found.packs, tuple(notes))


class _Found(NamedTuple):
    found: Proposals
    branch: str
    url: str
    below: str


def _found(folder: Path) -> _Found:
    """Return the packs that a folder could offer, the branch that counts there, and where people get it from."""
    if not folder.is_dir():
        return _Found(Proposals(()), _BRANCH, _URL, "")
    with open_checkout(folder) as checkout:
        repository = checkout.repository
        branch = repository.refs.default_branch or _BRANCH
        origin = redact(repository.origin) or _URL
        found = proposals(files_of(checkout, checkout.below), url_of(checkout))
        return _Found(found, branch, origin, checkout.below)


def shown_from_here(path: Path) -> str:
    """Return a path from the current folder, with `/`."""
    try:
        return Path(os.path.relpath(path)).as_posix()
    except ValueError:  # it is on another drive
        return path.as_posix()


def absolute(folder: Path) -> Path:
    """Return the whole path of a folder that is there or is to be made."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder", hint=f"name the folder of the pack; its {PACK_FILE} lies there")
    return Path(os.path.normpath(Path.cwd() / folder))  # links stay links


def _join(folder: str, path: str) -> str:
    return path if folder == "." else f"{folder}/{path}"
