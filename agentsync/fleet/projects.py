"""The projects in the tree of a commit: which there are, and how each stands by its own files alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from agentsync.errors import AgentsyncError, PolicyError
from agentsync.model.drift import Drift
from agentsync.model.drift_report import DriftReport
from agentsync.model.fleet import FleetStanding, FoundFile, FoundItem, FoundPack
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.manifest import Manifest
from agentsync.model.names import MANIFEST_NAME, PASSED_OVER
from agentsync.model.policy import TrustPolicy, strictest
from agentsync.model.redaction import redact
from agentsync.planning.lock_check import check_lock_policy
from agentsync.planning.url_glob import check_repository
from agentsync.project.drift import Comparable, look
from agentsync.registries.standing import asked_of, asked_text

MOST_FOLDERS: Final = 50
_LONGEST: Final = 1000


class FoundProject(NamedTuple):
    """How one project of a repository stands."""

    standing: FleetStanding
    error: str = ""
    packs: tuple[FoundPack, ...] = ()
    files: tuple[FoundFile, ...] = ()


def folders_in(paths: Iterable[str]) -> list[str]:
    """Return each folder with a manifest, "." for the root, in order; what `drift --recursive` passes over is not."""
    found = []
    for path in paths:
        if path.endswith(MANIFEST_NAME):
            folder, _, name = path.rpartition("/")
            if name == MANIFEST_NAME and PASSED_OVER.isdisjoint(folder.split("/")):
                found.append(folder or ".")
    return sorted(found)


def stand(comparable: Comparable, folder: str, policies: Sequence[TrustPolicy]) -> FoundProject:
    """Return how a project stands against its lock, its manifest, its own policy and others.

    Args:
        folder: its folder in the repository.
    """
    packs: tuple[FoundPack, ...] = ()
    try:
        manifest, lock = comparable.project.manifest, comparable.project.lock
        packs = tuple(_packs(folder, lock)) if lock is not None else ()
        report = look(comparable)
    except AgentsyncError as error:
        return FoundProject(FleetStanding.BROKEN, said(error), packs)
    files = () if _is_lock_only(report) else tuple(_files(folder, report))
    try:
        _check_policy(manifest, lock or Lock(), policies)
    except PolicyError as error:
        return FoundProject(FleetStanding.POLICY, said(error), packs, files)
    if report.faults:
        return FoundProject(FleetStanding.LOCK, one_line("; ".join(report.reasons)), packs, files)
    if _is_lock_only(report):
        return FoundProject(FleetStanding.LOCK_ONLY, "", packs)
    return FoundProject(FleetStanding.DRIFT if files else FleetStanding.CLEAN, "", packs, files)


def said(error: AgentsyncError) -> str:
    """Return a failure as one line that can be printed; of all that a policy forbids, the first and a number."""
    if isinstance(error, PolicyError) and error.others:
        return one_line(f"{error.what}, and {error.others:,} more")
    text = f"{error.what}: {error.why}" if error.why else error.what
    return one_line(text)


def one_line(text: str) -> str:
    """Return a text as one line that can be printed, without credentials; a long one ends in three dots."""
    line = redact("".join(one if one.isprintable() else " " for one in text)).strip()
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].strip()}..."


def _check_policy(manifest: Manifest, lock: Lock, policies: Sequence[TrustPolicy]) -> None:
    policy = strictest(manifest.policy, policies)
    if policy.registries:
        for url in manifest.repositories():
            check_repository(policy, url)
    check_lock_policy(policy, lock)


def _is_lock_only(report: DriftReport) -> bool:
    """Return whether nothing of what is locked is there: git ignores it, and each checkout installs it."""
    return bool(report.files) and all(row.change.drift is Drift.MISSING for row in report.files)


def _files(folder: str, report: DriftReport) -> Iterator[FoundFile]:
    for row in report.drifted:
        yield FoundFile(folder, row.change.path, row.change.pack, str(row.change.drift))


def _packs(folder: str, lock: Lock) -> Iterator[FoundPack]:
    for _, pack in sorted(lock.packs.items()):
        yield FoundPack(
            folder=folder,
            pack=pack.name,
            version=pack.version,
            commit=pack.commit,
            tree=pack.tree if pack.commit else "",
            registry=redact(pack.registry or pack.git or ""),
            tag=pack.tag,
            wanted=asked_text(asked_of(pack, lock)) if pack.commit else "",
            items=tuple(_items(pack)),
        )


def _items(pack: LockedPack) -> Iterator[FoundItem]:
    for item in pack.items:
        yield FoundItem(str(item.key), item.grants)
