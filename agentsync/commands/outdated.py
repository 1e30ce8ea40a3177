"""Outdated: the versions of each pack that are locked, allowed and there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from packaging.version import Version

from agentsync.commands.offer_findings import branch_finding, is_lower, withdrawn
from agentsync.commands.selection import chosen_packs
from agentsync.errors import Exit, FetchError, ResolutionError, UnsafeError
from agentsync.model.finding import Finding, Rule, stays_as_locked
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.manifest import Manifest
from agentsync.model.outcome import Outcome
from agentsync.model.upstream import moved_tag
from agentsync.project.workspace import Workspace
from agentsync.registries.default_branch import OtherBranch, locked_release, other_branch
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.prefetch import ask_each
from agentsync.reporting.words import shown_version
from agentsync.versions.catalog import Candidate, Released, stable, worth_a_look
from agentsync.versions.requirement import Pin, PinKind, parse_pin


class OutdatedRow(NamedTuple):
    """One pack: what is locked, what the manifest allows, what exists.

    Args:
        pack: its name.
        current, allowed, latest: the versions as they are shown.
        default_branch: the default branch where it differs from the newest release, and that is locked.
    """

    pack: str
    current: str
    allowed: str
    latest: str
    default_branch: OtherBranch | None = None

    def data(self) -> dict[str, object]:
        """Return it as data; without a default branch, that is absent."""
        other = self.default_branch
        return (
            self._asdict() | {"default_branch": other.data()}
            if other is not None
            else dict(zip(self._fields[:-1], self, strict=False))
        )


def outdated(workspace: Workspace, words: Sequence[str] = (), *, check: bool = False) -> Outcome:
    """Ask every registry once, in parallel; a pack that cannot be followed is a finding, and has no row.

    Args:
        words: packs, items or paths; all packs where none is named.
        check: exit 1 where a newer version is allowed, and where that cannot be said of a pack.
    """
    manifest, lock = workspace.project.manifest, workspace.project.lock or Lock()
    catalog = workspace.project.catalog()
    chosen = chosen_packs(workspace, lock, words).packs
    ask_each(catalog, chosen, lambda name: _look(catalog, lock.packs[name], lock))
    rows, findings, unknown = list[OutdatedRow](), list[Finding](), dict[Finding, None]()
    for name, pack in sorted(chosen.items()):
        if pack.folder or not _is_known(pack, manifest):
            continue
        current = str(shown_version(pack))
        try:
            allowed, latest, other = _look(catalog, pack, lock)
        except (FetchError, ResolutionError, UnsafeError) as error:
            unknown[stays_as_locked(error.of(pack=name))] = None
            continue
        if (moved := moved_tag(pack, catalog.refs(catalog.offer(name)))) is not None:
            findings.append(moved.finding(name))
        if is_lower(allowed, pack):
            findings += withdrawn(catalog, pack, allowed)
            allowed = None
        rows.append(OutdatedRow(name, current, allowed or current, latest or current, other))
        findings += [branch_finding(other)] if other is not None else []
    stale = any(row.allowed != row.current for row in rows)
    is_sure = not unknown and all(one.rule is not Rule.TAG_MOVED for one in findings)
    nothing = ["everything is up to date"] if is_sure else ["nothing newer was found"] if rows else []
    return Outcome(
        data={"packs": [row.data() for row in rows]},
        lines=_lines(rows) or nothing,
        exit=Exit.DIFFERS if check and (stale or unknown) else Exit.OK,
        findings=tuple(dict.fromkeys((*unknown, *catalog.findings(), *findings))),
    )


def _lines(rows: Sequence[OutdatedRow]) -> list[str]:
    behind = [row for row in rows if {row.allowed, row.latest} != {row.current}]
    width = max((len(row.pack) for row in behind), default=0)
    return [f"{row.pack:<{width}}  {row.current}  allowed {row.allowed}  latest {row.latest}" for row in behind]


def _look(catalog: GitCatalog, pack: LockedPack, lock: Lock) -> tuple[str | None, str | None, OtherBranch | None]:
    """Return what `newest` does, and the default branch where it differs from the newest release and that is locked."""
    allowed, latest = newest(catalog, pack, lock)
    locked = locked_release(pack)
    if locked is None or latest != pack.version:
        return allowed, latest, None
    return allowed, latest, other_branch(catalog, locked, pack.tree)


def _is_known(pack: LockedPack, manifest: Manifest) -> bool:
    return not pack.name.has_registry or pack.name.alias in manifest.registries


def _ranges(pack: LockedPack, lock: Lock) -> list[Pin]:
    """Return everything that asks for a pack: the manifest, and the packs that require it."""
    asked = [pack.requested] if pack.requested else []
    asked += [other.requires[pack.name] for other in lock.packs.values() if pack.name in other.requires]
    return [parse_pin(text) for text in asked] or [Pin(PinKind.VERSION, "*")]


def newest(catalog: GitCatalog, pack: LockedPack, lock: Lock) -> tuple[str | None, str | None]:
    """Return the newest version of a locked pack that all who ask for it allow, and the newest of all.

    Args:
        lock: the lock it stands in, which says who asks for it.
    """
    asked = _ranges(pack, lock)
    question = [f"{pin.kind.value}:{pin.text}" for pin in asked]
    allowed, latest = catalog.noted(pack.name, question, lambda: [*_newest(catalog, pack.name, asked)])
    return allowed, latest


def _newest(catalog: GitCatalog, name: str, asked: Sequence[Pin]) -> tuple[str | None, str | None]:
    exact = next((pin for pin in asked if pin.kind is not PinKind.VERSION), None)
    if exact is not None and exact.kind is not PinKind.BRANCH:
        releases = catalog.candidates(name, Pin(PinKind.VERSION, "*"))
        return None, _shown(next(stable(releases), None))
    candidates = catalog.candidates(name, exact or asked[0])
    first = None if isinstance(candidates, Released) else next(iter(candidates))
    if first is not None and (exact is not None or first.stands_in):
        return _shown(first), _shown(first)
    looked_at = worth_a_look(candidates, asked)
    fitting = (one for one in looked_at if not one.yanked and all(_allows(pin, one.version) for pin in asked))
    return _shown(next(fitting, None)), _shown(next(stable(candidates), None))


def _allows(pin: Pin, version: Version | None) -> bool:
    return pin.range is not None and version is not None and pin.range.allows(version)


def _shown(candidate: Candidate | None) -> str | None:
    if candidate is None:
        return None
    if candidate.version is not None:
        return str(candidate.version)
    name = candidate.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    return f"{name}@{candidate.commit[:12]}" if name else candidate.commit[:12]
