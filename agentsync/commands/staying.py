"""Which packs an update is asked to move, and which of them stay although their release is withdrawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from packaging.version import Version

from agentsync.commands.outdated import newest
from agentsync.commands.version_findings import withdrawn
from agentsync.errors import AgentsyncError, ResolutionError, UsageError
from agentsync.model.finding import Finding
from agentsync.model.lock import Lock
from agentsync.model.manifest import Manifest
from agentsync.model.nearest import nearest
from agentsync.planning.satisfaction import match
from agentsync.project.decision import Decision
from agentsync.project.manifest_draft import entry_value
from agentsync.registries.git_catalog import GitCatalog
from agentsync.versions.requirement import Pin, PinKind
from agentsync.versions.version import version_of


class Asked(NamedTuple):
    """What an update is asked for.

    Args:
        packs: the locked packs that are to move, all where none was named.
        exactly: the version that was named with a pack.
        named: the packs and registries as they were named.
    """

    packs: set[str]
    exactly: Mapping[str, str]
    named: frozenset[str] = frozenset()


def asked_for(manifest: Manifest, lock: Lock, words: Sequence[str]) -> Asked:
    """Read the arguments: `PACK`, the alias of a registry, or `PACK@VERSION`.

    Raises:
        UsageError: where no such pack is locked, or what follows the `@` is no version.
        ResolutionError: where the manifest does not allow the version, with the line that does.
    """
    packs: set[str] = set()
    exactly: dict[str, str] = {}
    named: set[str] = set()
    for word in words:
        name, at, text = word.partition("@")
        named.add(name)
        found = [pack.name for pack in lock.packs.values() if pack.name.is_named_by(name)]
        if not found:
            raise UsageError(f"no pack {name!r} is locked", hint=nearest(name, lock.packs))
        packs.update(found)
        if at:
            version = version_of(text)
            if version is None or len(found) > 1:
                why = f"{text!r} is not a version" if version is None else f"{name} has {len(found)} locked packs"
                raise UsageError(f"cannot update {word!r}", why=why, hint=f"agentsync update {found[0]}@VERSION")
            _check_allowed(manifest, lock, found[0], version)
            exactly[found[0]] = str(version)
    return Asked(packs if words else set(lock.packs), exactly, frozenset(named))


def _check_allowed(manifest: Manifest, lock: Lock, name: str, version: Version) -> None:
    wish = next((one.wish for one in match(manifest, lock) if one.locked is not None and one.locked.name == name), None)
    if wish is None or wish.pin is None or (wish.pin.range is not None and wish.pin.range.allows(version)):
        return
    value = entry_value(wish._replace(pin=Pin(PinKind.VERSION, str(version))))
    raise ResolutionError(
        f"agentsync.yaml does not allow {name} {version}",
        why=f"it asks for {wish.key} `{wish.pin}`",
        hint=f"write `{wish.key}: {value}` there, then run `agentsync install`",
    )


def staying(catalog: GitCatalog, decision: Decision, names: set[str]) -> Iterator[Finding]:
    """Yield why packs stay at a release that is gone from its registry, or was yanked; and what moves them.

    Args:
        catalog: what exists.
        decision: what was decided.
        names: the packs that were to move.
    """
    before = decision.before or Lock()
    for name in sorted(names & decision.lock.packs.keys()):
        pack = decision.lock.packs[name]
        old = before.packs.get(name)
        if pack.version is None or old is None or (old.ref, old.commit) != (pack.ref, pack.commit):
            continue
        with suppress(AgentsyncError):
            yield from withdrawn(catalog, pack, newest(catalog, pack, before)[0])
