"""Outdated: locked packs against their registries, with the versions that are locked, allowed and there."""

from collections.abc import Sequence
from typing import NamedTuple

from agentsync.commands.findings import branch_finding, withdrawn
from agentsync.commands.following import Following
from agentsync.commands.selection import chosen_packs
from agentsync.errors import Exit, FetchError, ResolutionError, UnsafeError
from agentsync.model.drift import agree
from agentsync.model.finding import Finding, Rule, stays_as_locked
from agentsync.model.lock import Lock, LockedPack, shown_version
from agentsync.model.manifest import Manifest
from agentsync.model.outcome import Outcome
from agentsync.model.slot import SlotPath
from agentsync.model.upstream import Standing, Upstream, moved_tag
from agentsync.planning.satisfaction import match
from agentsync.project.decision import Upgrade
from agentsync.project.workspace import Workspace
from agentsync.registries.default_branch import OtherBranch, locked_release, other_branch
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.prefetch import ask_each
from agentsync.registries.standing import asked_of, is_lower, newest, standing_of


class OutdatedRow(NamedTuple):
    """One pack with its versions as they are shown."""

    pack: str
    current: str
    allowed: str
    latest: str


def outdated(workspace: Workspace, words: Sequence[str] = (), *, check: bool = False) -> Outcome:
    """Ask every registry once, in parallel; a pack that cannot be followed is a finding, and has no row.

    Args:
        check: exit 1 where a newer version is allowed, and where that cannot be said of a pack.
    """
    manifest, lock = workspace.project.manifest, workspace.project.lock or Lock()
    catalog = workspace.project.catalog()
    chosen = chosen_packs(workspace, lock, words).packs
    asked = _asked(manifest, lock)
    ask_each(catalog, chosen, lambda name: _look(catalog, lock.packs[name], asked))
    rows, findings, unknown = list[OutdatedRow](), list[Finding](), dict[Finding, None]()
    branches: dict[str, dict[str, object]] = {}
    for name, pack in sorted(chosen.items()):
        is_known = not pack.name.has_registry or pack.name.alias in manifest.registries
        if pack.folder or not is_known:
            continue
        current = str(shown_version(pack))
        try:
            allowed, latest, other = _look(catalog, pack, asked)
        except (FetchError, ResolutionError, UnsafeError) as error:
            unknown[stays_as_locked(error.of(pack=name))] = None
            continue
        if (moved := moved_tag(pack, catalog.refs(catalog.offer(name)))) is not None:
            findings.append(moved.finding(name))
        if is_lower(allowed, pack):
            findings += withdrawn(catalog, pack, allowed)
            allowed = None
        rows.append(OutdatedRow(name, current, allowed or current, latest or current))
        if other is not None:
            branches[name] = {"default_branch": other.data()}
            findings.append(branch_finding(other))
    stale = any(row.allowed != row.current for row in rows)
    is_sure = not unknown and all(one.rule is not Rule.TAG_MOVED for one in findings)
    nothing = ["everything is up to date"] if is_sure else ["nothing newer was found"] if rows else []
    return Outcome(
        data={"packs": [row._asdict() | branches.get(row.pack, {}) for row in rows]},
        lines=_lines(rows) or nothing,
        exit=Exit.DIFFERS if check and (stale or unknown) else Exit.OK,
        findings=tuple(dict.fromkeys((*unknown, *catalog.findings(), *findings))),
    )


def _lines(rows: Sequence[OutdatedRow]) -> list[str]:
    behind = [row for row in rows if {row.allowed, row.latest} != {row.current}]
    width = max((len(row.pack) for row in behind), default=0)
    return [f"{row.pack:<{width}}  {row.current}  allowed {row.allowed}  latest {row.latest}" for row in behind]


def _asked(manifest: Manifest, lock: Lock) -> Lock:
    """Return the lock with what the manifest asks for now, which may be newer than the lock."""
    found = [(one.locked, one.entry.pin) for one in match(manifest, lock)]
    asked = {locked.name: str(pin) for locked, pin in found if locked is not None and pin is not None}
    packs = {name: pack._replace(requested=asked.get(pack.name, pack.requested)) for name, pack in lock.packs.items()}
    return lock._replace(packs=packs)


def _look(catalog: GitCatalog, pack: LockedPack, asked: Lock) -> tuple[str | None, str | None, OtherBranch | None]:
    """Return what `newest` does, and the default branch where it differs from the newest release and that is locked."""
    allowed, latest = newest(catalog, pack.name, asked_of(asked.packs[pack.name], asked))
    locked = locked_release(pack)
    if locked is None or latest != pack.version:
        return allowed, latest, None
    return allowed, latest, other_branch(catalog, locked, pack.tree)


def look_upstream(workspace: Workspace) -> Upstream:
    """Ask every registry once, in parallel, and compare; one that cannot be reached is a failure among the others."""
    lock = workspace.project.lock or Lock()
    catalog = workspace.project.catalog()
    ask_each(catalog, lock.packs, lambda name: newest(catalog, name, asked_of(lock.packs[name], lock)))
    found = Upstream()
    for name, pack in sorted(lock.packs.items()):
        if not pack.folder and catalog.knows(name):
            try:
                found.take(name, standing_of(catalog, pack, asked_of(pack, lock)))
            except FetchError as error:
                found.failures.setdefault(error.what, error)
    found.findings |= dict.fromkeys(catalog.findings())
    if Standing.BEHIND in found.standing.values() and not found.failures:
        found.files = _changed_files(workspace, lock, found)
    return found


def _changed_files(workspace: Workspace, lock: Lock, found: Upstream) -> dict[SlotPath, str]:
    """Return what the newest allowed versions do to the files that are locked now."""
    behind = {name for name, standing in found.standing.items() if standing is Standing.BEHIND}
    following = Following(workspace, Upgrade(behind))
    newer = following.decide().lock.slots()
    found.findings |= following.stayed
    older = lock.slots()
    return {
        path: "gone" if path not in newer else "changed"
        for path, digest in older.items()
        if not agree(newer.get(path), digest)
    }
