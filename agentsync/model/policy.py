"""The trust policy: rules that a manifest cannot override.

There may be three: of the machine, of the user, and of the project (`policy:` in the manifest). The strictest wins,
key by key. The first two alone may loosen what is refused by default: hidden text, sizes, plain http, links.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from agentsync.model.grant import ALL, CLASSES
from agentsync.model.limits import DEFAULT_LIMITS, Limits

POLICY_NAME: Final = "policy.yaml"


class TrustPolicy(NamedTuple):
    """One policy, or the strictest of several, as `docs/reference/policy.md` documents it.

    Args:
        registries: lists of globs over URLs; each list must have one that names a repository.
        min_age: in seconds.
        allow_hidden: globs over packs whose text may hold hidden characters, None where nothing is said.
        max_file, max_pack, max_files: the largest file and pack in bytes, and the most files; None for the usual.
    """

    registries: tuple[tuple[str, ...], ...] = ()
    deny_grants: tuple[str, ...] = ()
    require_signature: bool = False
    pinned: bool = False
    min_age: int = 0
    allow_hidden: tuple[str, ...] | None = None
    max_file: int | None = None
    max_pack: int | None = None
    max_files: int | None = None
    http_hosts: tuple[str, ...] = ()
    linked_folders: tuple[str, ...] = ()

    @property
    def limits(self) -> Limits:
        """Return the sizes and the hidden text that it accepts."""
        return DEFAULT_LIMITS._replace(
            file=self.max_file or DEFAULT_LIMITS.file,
            pack=self.max_pack or DEFAULT_LIMITS.pack,
            files=self.max_files or DEFAULT_LIMITS.files,
            read=max(DEFAULT_LIMITS.read, self.max_file or 0),
            allow_hidden=self.allow_hidden or (),
        )

    def denied(self, grants: Sequence[str]) -> list[str]:
        """Return the grants that are refused; a grant of every tool is a grant of each class."""
        found = [grant for grant in grants if any(fnmatchcase(grant, glob) for glob in self.deny_grants)]
        every_class = any(fnmatchcase(name, glob) for name in CLASSES for glob in self.deny_grants)
        return [*found, ALL] if ALL in grants and ALL not in found and every_class else found


def strictest(project: TrustPolicy, own: Sequence[TrustPolicy]) -> TrustPolicy:
    """Return the policy that applies: the strictest of the project's, and of those of the user and the machine."""
    every = (project, *own)
    return TrustPolicy(
        registries=tuple(globs for policy in every for globs in policy.registries),
        deny_grants=tuple(dict.fromkeys(glob for policy in every for glob in policy.deny_grants)),
        require_signature=any(policy.require_signature for policy in every),
        pinned=any(policy.pinned for policy in every),
        min_age=max(policy.min_age for policy in every),
        allow_hidden=_common([policy.allow_hidden for policy in own], project.allow_hidden),
        max_file=_least([policy.max_file for policy in own], project.max_file, DEFAULT_LIMITS.file),
        max_pack=_least([policy.max_pack for policy in own], project.max_pack, DEFAULT_LIMITS.pack),
        max_files=_least([policy.max_files for policy in own], project.max_files, DEFAULT_LIMITS.files),
        http_hosts=tuple(sorted({host for policy in own for host in policy.http_hosts})),
        linked_folders=tuple(sorted({path for policy in own for path in policy.linked_folders})),
    )


def _common(own: Sequence[tuple[str, ...] | None], project: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the packs that every stated policy allows; the project's policy alone allows none."""
    stated = [globs for globs in own if globs is not None]
    if not stated:
        return ()
    stated += [project] if project is not None else []
    first, *others = stated
    return tuple(glob for glob in first if all(glob in globs for globs in others))


def _least(own: Sequence[int | None], project: int | None, usual: int) -> int | None:
    least = min((value for value in own if value is not None), default=usual)
    if project is not None:
        least = min(least, project)
    return None if least == usual else least
