"""Verify: compare disk, lock, cache and registries; change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from agentsync.commands.drift import DriftOptions, look, unfinished
from agentsync.commands.selection import chosen_packs
from agentsync.errors import AgentsyncError, Exit, IntegrityError
from agentsync.model.finding import Finding, Rule
from agentsync.model.lock import UNSEALED, Lock, LockedItem, LockedPack, unkept_pack
from agentsync.model.outcome import LateData, Outcome
from agentsync.model.upstream import moved_tag
from agentsync.planning.locking import examine
from agentsync.planning.placing import tools_for
from agentsync.project.verification import ask_tags, damage_search
from agentsync.project.workspace import Workspace
from agentsync.reporting.drift_report import drift_lines, verify_data
from agentsync.reporting.words import count, counted_slots
from agentsync.versions.refs import Refs


def verify(workspace: Workspace, words: Sequence[str] = (), *, deep: bool = False) -> Outcome:
    """Check every file on disk, every locked byte in the cache, and every locked tag.

    Args:
        deep: derive the lock's items, grants and files again from the commits, and check signatures again.
    """
    lock = chosen_packs(workspace, workspace.project.require_lock(), words)
    found: list[AgentsyncError | Finding] = []
    found += _failing(lock, workspace.project.check_policy)
    found += _failing(lock, workspace.project.verify_signers)
    with damage_search(workspace, lock) as damaged:
        asked = [*_tags(workspace, lock), *(_deep(workspace, lock) if deep else ())]
        report, _ = look(workspace, DriftOptions(only=tuple(lock.packs) if words else ()))
        found += [*damaged(), *asked]
    errors = [one for one in found if isinstance(one, AgentsyncError)]
    findings = [one for one in found if isinstance(one, Finding)]
    is_clean = not errors and report.is_clean
    agreeing = "disk, lock and cache" if findings else "disk, lock, cache and tags"
    counted = f"{count(len(lock.packs), 'pack')}, {counted_slots(lock.slots())}"
    return Outcome(
        data=LateData(lambda: verify_data(report, lock, errors, deep=deep)),
        lines=[f"verified  {counted}: {agreeing} agree"] if is_clean else drift_lines(report),
        notes=unfinished(workspace),
        exit=Exit.FAILED if errors else Exit.OK if is_clean else Exit.DIFFERS,
        errors=errors,
        findings=findings,
    )


def _failing(lock: Lock, check: Callable[[Lock], None]) -> Iterator[AgentsyncError]:
    for name, pack in sorted(lock.packs.items()):
        try:
            check(Lock({name: pack}, lock.targets))
        except AgentsyncError as error:
            yield error.of(pack=name)


def _tags(workspace: Workspace, lock: Lock) -> Iterator[AgentsyncError | Finding]:
    """Yield every locked tag that moved or is gone, and each repository that cannot be asked."""
    if workspace.options.offline:
        return
    tagged = [(pack.git, pack) for _, pack in sorted(lock.packs.items()) if pack.git and pack.tag]
    answers = ask_tags(workspace, (pack for _, pack in tagged))
    for git, pack in tagged:
        answer = answers[git]
        if not isinstance(answer, Refs):
            yield answer.of(pack=pack.name)
        elif pack.tag not in answer.tags:
            yield Finding(pack.name, "", f"the tag {pack.tag} is gone", rule=Rule.TAG_GONE)
        elif (moved := moved_tag(pack, answer)) is not None:
            hint = "contact the registry maintainer; the lock still names the commit that was reviewed"
            yield moved.error(pack.name, hint)


def _deep(workspace: Workspace, lock: Lock) -> Iterator[AgentsyncError]:
    targets = workspace.project.tools(lock)
    for name, pack in sorted(lock.packs.items()):
        own = unkept_pack(pack)._replace(signer="")
        try:
            contents = workspace.project.locked.contents([pack])[name]
            again = examine(own, contents, tools_for(pack, targets), workspace.project.policy.limits, own).pack
            if pack.signer:
                # Not what is remembered: git is asked again.
                workspace.project.verify_signers(Lock({name: pack}, lock.targets), again=True)
        except AgentsyncError as error:
            yield error.of(pack=name)
            continue
        same = {"items": _items(again, lock) == _items(own, lock), "files": again.slots == own.slots}
        for what in (what for what, is_same in same.items() if not is_same):
            why = f"its {what} at commit {pack.commit[:12]} are not those of the lock"
            hint = "the lock was changed by hand, or made by another version of agentsync"
            yield IntegrityError(f"{name} is not what the lock says", why=why, hint=hint).of(pack=name)


def _items(pack: LockedPack, lock: Lock) -> tuple[LockedItem, ...]:
    """Return items as far as the version of the lock names them: version 1 has no own names."""
    return tuple(item._replace(own="") for item in pack.items) if lock.number == UNSEALED else pack.items
