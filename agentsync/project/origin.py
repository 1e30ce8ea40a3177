"""The origin of the user scope: the repository that its manifest, lock and patches come from.

What was taken is remembered in `.agentsync/origin.json`, so that edits on this machine and news there can be told
apart. The repository is read as blobs: nothing is checked out, and nothing in it is run.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from agentsync.disk.patches import patch_named
from agentsync.disk.state import ORIGIN
from agentsync.disk.state_folder import read_state
from agentsync.errors import LockError, RefusedError, ResolutionError, UsageError
from agentsync.formats.intent import Intent, text_id
from agentsync.formats.lock_reader import parse_lock
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.model.git_url import GitUrl
from agentsync.model.manifest import SourceRequest
from agentsync.model.names import LOCK_NAME, MANIFEST_NAME, STATE_FOLDER, nearest
from agentsync.model.plan import Plan
from agentsync.model.policy import TrustPolicy, strictest
from agentsync.model.slot import SlotPath, patch_path
from agentsync.planning.url_glob import check_repository
from agentsync.project.arguments import meant, typed_request
from agentsync.project.workspace import Workspace
from agentsync.versions.requirement import PinKind

_PATCHES: Final = f"{STATE_FOLDER}/patches/"


class Merging(NamedTuple):
    """Steps of a pull that merges the kept edits of some files with what is new there.

    Args:
        let_go: makes plain edits of them, before theirs is taken.
        put_on: makes them edits of what is locked then, where that was not changed there.
    """

    let_go: Callable[[Collection[SlotPath]], None]
    put_on: Callable[[Collection[SlotPath]], None]


class Origin(NamedTuple):
    """A folder of a repository at a commit.

    Args:
        git: its URL, without credentials.
        path: the folder in it, "" for the whole.
        digests: the sha256 of each file that was taken, by its path below the folder.
    """

    git: str
    path: str
    branch: str
    commit: str
    digests: Mapping[str, str] = {}

    def __str__(self) -> str:
        return f"{self.git}{f'//{self.path}' if self.path else ''} {self.branch}@{self.commit[:12]}"


def begin(workspace: Workspace, source: str) -> Origin:
    """Write manifest, lock and patches of a repository into a scope that has no manifest yet."""
    request = meant(typed_request(source), ())
    if not isinstance(request, SourceRequest) or request.browsed:
        raise UsageError(f"{source} names no git repository", hint="write --from GIT_URL or --from GIT_URL//PATH")
    if request.pin is not None and request.pin.kind is not PinKind.BRANCH:
        raise UsageError(f"{request.pin} never moves, so nothing could be pulled", hint="name a branch, or none")
    branch = request.pin.text if request.pin is not None else request.ref or ""
    origin, files = fetched(workspace, request.url, request.path or "", branch)
    manifest, lock = workspace.state.texts()
    if manifest is not None:
        raise UsageError(f"{workspace.scope.manifest} exists already", hint="move it away first")
    if lock is not None and lock.encode() != files.get(LOCK_NAME):
        raise UsageError(f"{workspace.scope.lock} exists already", hint="move it away first")
    with workspace.exclusive():
        for (pack, path), data in _patches(files).items():
            workspace.state.patches.save(pack, path, data)
        if LOCK_NAME in files:
            workspace.state.save_lock_text(files[LOCK_NAME].decode())
        remember(workspace, origin)
        # Last: without a manifest, it can be begun again.
        if not workspace.state.start_manifest(files[MANIFEST_NAME].decode()):
            raise UsageError(f"{workspace.scope.manifest} exists already", hint="move it away first")
        workspace.state.folder.clear_stage()
    return origin


def pull(workspace: Workspace, *, theirs: bool = False, merging: Merging | None = None) -> list[str]:
    """Write what is new in the origin, and return what there is to tell.

    Args:
        theirs: where there are edits on both sides, take theirs and set ours aside.
        merging: where there are, but for the manifest, take theirs, and make edits in files of what we kept.

    Raises:
        RefusedError: where there are edits on both sides; nothing is written.
    """
    known = remembered(workspace)
    if known is None:
        raise UsageError(
            "there is nothing to pull from",
            why="--pull is for a user scope that was taken from a repository",
            hint="begin one with `agentsync init --user --from GIT_URL`",
        )
    origin, files = fetched(workspace, workspace.project.url(known.git), known.path, known.branch)
    own = local_files(workspace)
    local, base, there = digests(own), known.digests, origin.digests
    new = {path for path in {*there, *base} if there.get(path) not in (base.get(path), local.get(path))}
    mine = [path for path in edited(local, base, there) if local.get(path) != there.get(path)]
    told: list[str] = []
    ours: list[SlotPath] = []
    if new and mine and merging is not None and MANIFEST_NAME not in mine:
        merging.let_go([slot for _, slot in _patches({path: own[path] for path in mine if path in own})])
        ours = [slot for _, slot in _patches({path: b"" for path in mine if there.get(path) == base.get(path)})]
    elif new and mine and not theirs:
        raise both_changed(known, mine, new)
    if new and mine:
        told.append(_set_aside(workspace, {path: own[path] for path in mine if path in own}))
        new.update(mine)
    if origin != known:
        _take(workspace, {path: files[path] for path in new & files.keys()}, new - files.keys(), origin)
        workspace.project.read_again()
        if merging is not None and ours:
            merging.put_on(ours)
            workspace.project.read_again()
    told.append(f"pulled {', '.join(sorted(new))} from {origin}" if new else f"nothing new in {origin}")
    return [*told, *unpublished(workspace)]


def both_changed(known: Origin, mine: Collection[str], news: Collection[str]) -> RefusedError:
    """Return the refusal where the scope and its origin have changed: with the way that goes on."""
    return RefusedError(
        f"the user scope and {known.git} have both changed",
        why=f"here: {', '.join(mine)}; there: {', '.join(sorted(news))}",
        hint="`agentsync install --user --pull --theirs` takes theirs, and sets yours aside in .agentsync/backup/"
        if MANIFEST_NAME in mine
        else "`agentsync install --user --pull --merge` takes theirs and merges your edits into it; then"
        " `agentsync keep --user --push` sends them",
    )


def _set_aside(workspace: Workspace, files: Mapping[str, bytes]) -> str:
    """Copy files of ours into a backup, and return the remark on it."""
    with workspace.exclusive():
        folder = workspace.state.folder
        backup = folder.unused_backup()
        for name, data in files.items():
            folder.write(backup / name, data)
        folder.clear_stage()
    return f"your own {', '.join(sorted(files))} were copied to {STATE_FOLDER}/backup/{backup.name}"


def unpublished(workspace: Workspace) -> list[str]:
    """Return a remark on what was edited here and is not in the origin; none where the scope has no origin."""
    known = remembered(workspace)
    if known is None:
        return []
    mine = edited(digests(local_files(workspace)), known.digests, {})
    where = f"{known.git}{f'//{known.path}' if known.path else ''}"
    return [f"not in {where} yet, `agentsync keep --user --push` sends it: {', '.join(mine)}"] if mine else []


def edited(local: Mapping[str, str], base: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """Return what is not as it was taken; a lock of this machine alone is no edit."""
    own = {LOCK_NAME} - base.keys() - theirs.keys()
    return sorted(path for path in {*local, *base} - own if local.get(path) != base.get(path))


def fetched(workspace: Workspace, url: GitUrl, path: str, branch: str) -> tuple[Origin, dict[str, bytes]]:
    """Return where a branch is now, and the files there that a user scope takes, by their paths below the folder."""
    project = workspace.project
    policy = strictest(TrustPolicy(), list(project.session.own_policies.values()))
    cache = project.session.cache(project.options).for_project(
        policy.limits, lambda url: check_repository(policy, url), project.scope.home
    )
    repository = cache.repository(url)
    refs = repository.refs()
    branch = branch or refs.default_branch or ""
    commit = refs.branches.get(branch)
    if commit is None:
        what = f"no branch {branch!r}" if branch else "no branch that it names as its own"
        raise ResolutionError(f"{url.text} has {what}", hint=nearest(branch, list(refs.branches)[:200]))

    def read() -> dict[str, bytes]:
        repository.need([Want(commit)])
        tree = repository.objects.tree_id(commit, path)
        if tree is None:
            raise ResolutionError(f"{url.text} has no folder {path!r} in {branch}", hint="check the part after //")
        contents = GitContents(repository, Want(commit, tree=tree), path)
        return contents.read(name for name in contents.entries if _is_taken(name))

    files = repository.healing(read)
    if MANIFEST_NAME not in files:
        where = f"{url.text}//{path}" if path else url.text
        raise ResolutionError(
            f"{where} has no {MANIFEST_NAME}", why=f"looked in {branch}", hint="name its folder: GIT_URL//PATH"
        )
    _check(workspace, files, f"{url.text} {branch}")
    return Origin(project.written(url), path, branch, commit, digests(files)), files


def _is_taken(name: str) -> bool:
    in_patches = name.startswith(_PATCHES) and patch_named(name.removeprefix(_PATCHES)) is not None
    return in_patches or name in (MANIFEST_NAME, LOCK_NAME)


def _check(workspace: Workspace, files: Mapping[str, bytes], where: str) -> None:
    """Read manifest and lock before anything is written."""
    for name, data in files.items():
        if name in (MANIFEST_NAME, LOCK_NAME):
            try:
                text = data.decode()
            except UnicodeDecodeError as error:
                raise ResolutionError(f"{name} of {where} is not UTF-8 text", hint="save it there as UTF-8") from error
            if name == MANIFEST_NAME:
                workspace.project.read_manifest(text)
            else:
                parse_lock(text, name=f"{name} of {where}")


def local_files(workspace: Workspace) -> dict[str, bytes]:
    """Return manifest, lock and patches as they are here."""
    found = {MANIFEST_NAME: workspace.state.manifest_text().encode()}
    if lock := workspace.state.lock_text():
        found[LOCK_NAME] = lock.encode()
    for pack, path in workspace.state.patches.listed():
        found[f"{_PATCHES}{patch_path(pack, path)}"] = workspace.state.patches.read(pack, path) or b""
    return found


def _take(workspace: Workspace, files: Mapping[str, bytes], gone: Iterable[str], origin: Origin) -> None:
    """Write what is new in one step, which the next command finishes; patches that are gone are set aside."""
    manifest, lock = files.get(MANIFEST_NAME), files.get(LOCK_NAME)
    with workspace.exclusive():  # it refuses where manifest or lock were changed since they were read
        texts = workspace.state.texts()
        intent = Intent(
            plan=Plan(()),
            manifest=manifest.decode() if manifest is not None else None,
            lock=lock.decode() if lock is not None else None,
            before=(text_id(texts[0]), text_id(texts[1])),
            patches={**_patches(files), **dict.fromkeys(_patches(dict.fromkeys(gone, b"")))},
            origin=_record(origin),
        )
        workspace.journal.carry_out(intent)


def _patches(files: Mapping[str, bytes]) -> dict[tuple[str, SlotPath], bytes]:
    named = {name: patch_named(name.removeprefix(_PATCHES)) for name in files if name.startswith(_PATCHES)}
    return {patch: files[name] for name, patch in named.items() if patch is not None}


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the sha256 of each file."""
    return {path: sha256(data).hexdigest() for path, data in sorted(files.items())}


def remember(workspace: Workspace, origin: Origin) -> None:
    """Write the record of where the scope is from."""
    workspace.state.save_origin(_record(origin))
    workspace.state.folder.clear_stage()


def _record(origin: Origin) -> bytes:
    return json.dumps(origin._asdict(), indent=2).encode() + b"\n"


def remembered(workspace: Workspace) -> Origin | None:
    """Return where the scope is from; None where it was begun here."""
    where = workspace.scope.state / ORIGIN
    try:
        found = Origin(**json.loads(read_state(where)))
        if all(isinstance(part, str) for part in (*found[:4], *found.digests.values())):
            return found
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, AttributeError):
        pass
    raise LockError(f"{where} cannot be read", hint="remove it: the scope then has no origin")
