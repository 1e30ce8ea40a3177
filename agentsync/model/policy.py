"""The trust policy: rules that a manifest cannot override, and the largest file, pack and listing that is accepted.

There may be three: of the machine, of the user, and of the project (`policy:` in the manifest). The strictest wins,
key by key. The first two alone may loosen what is refused by default: hidden text, sizes, plain http, links.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from agentsync.model.grant import ALL, CLASSES, RESIDUE

POLICY_NAME: Final = "policy.yaml"
_MIB: Final = 1024 * 1024


class Limits(NamedTuple):
    """The largest sizes that are accepted, in bytes, and the packs that may hold hidden text.

    A policy can change `file`, `pack`, `files` and, for large files, `read`; all other numbers are these.

    Args:
        pack: of all files of a pack that are installed, and of all that are read to find them.
        files: the number of files of a pack that are installed.
        aliased: the number of values that a header stands for once its aliases are followed.
        read: of a file that is only read, such as a list of packs.
        listing, refs: of the names of all files of a repository, and of all branches and tags, as git lists them.
        allow_hidden: globs over pack names whose text may hold hidden characters.
    """

    file: int = _MIB
    pack: int = 64 * _MIB
    files: int = 5_000
    header: int = 64 * 1024
    aliased: int = 10_000
    read: int = 4 * _MIB
    listing: int = 16 * _MIB
    refs: int = 8 * _MIB
    allow_hidden: tuple[str, ...] = ()

    def allows_hidden(self, pack: str) -> bool:
        return any(fnmatchcase(pack, pattern) for pattern in self.allow_hidden)

    def why_unread(self, sizes: Mapping[str, int]) -> str:
        """Return the reason why files of these sizes are not read, "" where they are."""
        most = max(self.read, self.file)
        for path, size in sizes.items():
            if size > most:
                return f"{path} has {size:,} bytes, more than {in_words(most)}"
        # The largest file is added for the files that are read to find the items.
        if (size := sum(sizes.values())) > self.pack + most:
            return f"its files have {size:,} bytes, more than {in_words(self.pack + most)}"
        return ""


DEFAULT_LIMITS = Limits()


def in_words(size: int) -> str:
    """Return a number of bytes in KiB or MiB where it is a whole number of them."""
    if size >= _MIB and not size % _MIB:
        return f"{size // _MIB} MiB"
    return f"{size // 1024} KiB" if size >= 1024 and not size % 1024 else f"{size:,} bytes"


class TrustPolicy(NamedTuple):
    """One policy, or the strictest of several, as `docs/reference/policy.md` documents it.

    Args:
        registries: lists of globs over URLs; each list must have one that names a repository.
        deny_residue: whether an item may never have more power in a tool than its source has.
        min_age: in seconds.
        allow_hidden: globs over packs whose text may hold hidden characters, None where nothing is said.
        max_file, max_pack, max_files: the largest file and pack in bytes, and the most files; None for the usual.
    """

    registries: tuple[tuple[str, ...], ...] = ()
    deny_grants: tuple[str, ...] = ()
    deny_residue: bool = False
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
        return DEFAULT_LIMITS._replace(
            file=self.max_file or DEFAULT_LIMITS.file,
            pack=self.max_pack or DEFAULT_LIMITS.pack,
            files=self.max_files or DEFAULT_LIMITS.files,
            read=max(DEFAULT_LIMITS.read, self.max_file or 0),
            allow_hidden=self.allow_hidden or (),
        )

    def denied(self, grants: Sequence[str]) -> list[str]:
        """Return the grants that are refused; a grant of every tool is a grant of each class."""
        if not self.deny_grants and not self.deny_residue:
            return []
        globs = (*self.deny_grants, *((f"{RESIDUE}*",) if self.deny_residue else ()))
        found = [grant for grant in grants if any(fnmatchcase(grant, glob) for glob in globs)]
        every_class = any(fnmatchcase(name, glob) for name in CLASSES for glob in self.deny_grants)
        return [*found, ALL] if ALL in grants and ALL not in found and every_class else found


def strictest(project: TrustPolicy, own: Sequence[TrustPolicy]) -> TrustPolicy:
    """Return the policy that applies: the strictest of the project's, and of those of the user and the machine."""
    every = (project, *own)
    return TrustPolicy(
        registries=tuple(globs for policy in every for globs in policy.registries),
        deny_grants=tuple(dict.fromkeys(glob for policy in every for glob in policy.deny_grants)),
        deny_residue=any(policy.deny_residue for policy in every),
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
