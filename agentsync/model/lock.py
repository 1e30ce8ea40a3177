"""`agentsync.lock`: the decided commits, and the digest of every installed file.

The lock holds no credential, no time and nothing of the machine it was made on. It has one canonical form, so that an
unchanged decision is an unchanged file. The format is documented in `docs/reference/lock.md`.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from agentsync.model.digest import FileDigest
from agentsync.model.item import DEFAULT_TARGETS, KINDS, Choice, ClaudeCode, HeaderStatus, Kind
from agentsync.model.names import ItemKey, PackName
from agentsync.model.pack import PackRoot
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import EntryPath, SlotPath, entries_in, files_in

LOCK_VERSION: Final = 2
DEFAULT_FORMS: Final[Mapping[str, int]] = dict.fromkeys(DEFAULT_TARGETS, 1)
UNSEALED: Final = 1  # the version whose entries have no seals
# The facts of a pack that are one text, in the order in which they are written.
FACTS: Final = (
    *("version", "registry", "offer", "git", "ref", "commit", "folder", "tree", "path"),
    *("signer", "license", "requested"),
)
_TAGS: Final = "refs/tags/"
NEW: Final = "new"  # in place of upstream's digest, for a file that upstream does not have


class LockedItem(NamedTuple):
    """One item of a locked pack.

    Args:
        key: `KIND:NAME`, the name it has here.
        path: its file in the pack; the `SKILL.md` of a skill.
        claude_code: what Claude Code's own loader makes of the header.
        own: the name it has in the pack, where the manifest gives it another one; "" otherwise.
        native: the AI tools that the pack ships the item for in their own format, each with that file.
        not_for: the AI tools that read its kind, and that it is not installed for.
        waits: the grants that wait for a yes, `residue:TARGET:CLASS`; the item is not installed for that tool.
    """

    key: ItemKey
    path: str
    header: HeaderStatus
    claude_code: ClaudeCode
    grants: tuple[str, ...] = ()
    own: str = ""
    native: tuple[tuple[str, str], ...] = ()
    not_for: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        return KINDS[self.key.kind]

    @property
    def name(self) -> str:
        return self.key.name

    @property
    def own_key(self) -> ItemKey:
        """Return `KIND:NAME` with the name it has in the pack."""
        return ItemKey.of(self.key.kind, self.own) if self.own else self.key


class LockedPack(NamedTuple):
    """The decision about one pack.

    Args:
        name: `alias/pack`, or the manifest's own key for a pack without a registry.
        version: its release, None where it is locked by branch, commit or content.
        git: its repository without credentials, None for a folder on disk.
        registry: the registry that offers it, where that is not `git` itself.
        offer: the commit of that registry that named `git`, "" where there is none.
        ref: the full ref that led to the commit, "" for a commit asked for by id.
        commit: "" for a folder on disk.
        folder: the folder on disk as the manifest writes it, "" for git.
        tree: git's tree id of the pack's root.
        path, declared, inner: as in `PackRoot`.
        refused: the files of its items that are not installed, as paths in the pack.
        requires: the packs it needs, by their name in the lock, with the range it asks for.
        items: sorted by key.
        entries: its entries in documents that hold the user's too.
        kept: the slots that are installed with an edit of the project's own in them, with the digest
            that upstream's file has; None for a file that upstream does not have.
        signer: who signed the release or its commit, as far as the registry's signers are known; "" for none.
        license: the SPDX expression of its licence, "" where it states none.
    """

    name: PackName
    version: str | None
    git: str | None
    ref: str
    commit: str
    tree: str
    path: str
    requested: str
    folder: str = ""
    registry: str | None = None
    offer: str = ""
    choice: Choice = Choice()
    declared: Mapping[str, tuple[str, ...]] = {}
    inner: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    requires: Mapping[str, str] = {}
    items: tuple[LockedItem, ...] = ()
    files: Mapping[RelPath, FileDigest] = {}
    kept: Mapping[SlotPath, FileDigest | None] = {}
    signer: str = ""
    entries: Mapping[EntryPath, FileDigest] = {}
    license: str = ""

    @property
    def root(self) -> PackRoot:
        return PackRoot(self.name, self.path, self.declared, self.inner)

    @property
    def slots(self) -> dict[SlotPath, FileDigest]:
        """Every slot that is installed: files and entries."""
        found: dict[SlotPath, FileDigest] = dict(self.files.items())
        found.update(self.entries.items())
        return found

    def digest_of(self, slot: SlotPath) -> FileDigest | None:
        """Return the digest of one slot, without a look at the others; None where the pack has no such slot."""
        return self.entries.get(slot) if isinstance(slot, EntryPath) else self.files.get(slot)

    def with_slots(self, slots: Mapping[SlotPath, FileDigest]) -> "LockedPack":
        """Return it with other files and entries."""
        return self._replace(files=files_in(slots), entries=entries_in(slots))

    @property
    def is_direct(self) -> bool:
        return bool(self.requested or self.folder)

    @property
    def tag(self) -> str:
        """Return the tag that it is locked by, "" for none."""
        return self.ref.removeprefix(_TAGS) if self.ref.startswith(_TAGS) else ""


class Lock(NamedTuple):
    """All decisions of one scope.

    Args:
        packs: by their `PackName`, which callers may spell as text.
        targets: the AI tools that it is for, each with the form that its files are in, see `Tool.form`.
        number: the version of the format that it was read in.
        broken: the packs whose entry is not what its seal names.
    """

    packs: Mapping[str, LockedPack] = {}
    targets: Mapping[str, int] = DEFAULT_FORMS
    number: int = LOCK_VERSION
    broken: tuple[str, ...] = ()

    def files(self) -> dict[RelPath, FileDigest]:
        """Return every installed file of every pack."""
        found: dict[RelPath, FileDigest] = {}
        for pack in self.packs.values():
            found.update(pack.files)
        return found

    def slots(self) -> dict[SlotPath, FileDigest]:
        """Return the digest of every installed slot of every pack."""
        found: dict[SlotPath, FileDigest] = {path: digest for path, digest in self.files().items()}
        for pack in self.packs.values():
            found.update(pack.entries.items())
        return found


def shown_version(pack: LockedPack | None) -> str | None:
    """Return the version of a pack: its release, else the branch or tag with the commit; None for no pack."""
    if pack is None:
        return None
    if pack.version is not None:
        return pack.version
    if not pack.commit:
        return pack.tree[:12]
    name = pack.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    return f"{name}@{pack.commit[:12]}" if name else pack.commit[:12]


def unkept(lock: Lock) -> Lock:
    """Return the lock without kept edits: every file as upstream has it."""
    return lock._replace(packs={name: unkept_pack(pack) for name, pack in lock.packs.items()})


def unkept_pack(pack: LockedPack) -> LockedPack:
    """Return the pack without kept edits."""
    if not pack.kept:
        return pack
    upstream = {path: pack.kept.get(path, digest) for path, digest in pack.slots.items()}
    return pack.with_slots({path: digest for path, digest in upstream.items() if digest is not None})._replace(kept={})


class LockFault(NamedTuple):
    """One fault of a lock: the pack, "" for the lock as a whole, and a sentence that names it."""

    pack: str
    why: str
