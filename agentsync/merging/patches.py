"""Patches of files: written, applied, and read from what a merge of two branches left of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agentsync.formats.conflict_markers import is_conflicted, sides_of
from agentsync.git.files import apply_patch
from agentsync.git.files import diff_sides as diff_sides
from agentsync.model.digest import FileDigest
from agentsync.model.git_file import Side
from agentsync.model.rel_path import RelPath
from agentsync.model.working_tree import to_lf


def patch_of(path: RelPath, old: Side | None, new: Side) -> bytes:
    """Return the patch that makes one file of another."""
    return diff_sides({path: old} if old is not None else {}, {path: new}).encode("utf-8", "surrogateescape")


def patched(patch: bytes, path: RelPath, upstream: bytes | None, made_for: FileDigest | None) -> Side | None:
    """Apply a recorded patch, of which git may have rewritten the line ends.

    Args:
        upstream, made_for: its bytes and its digest, None for a file that the patch creates.

    Returns:
        The patched file; None where the patch does not apply.
    """
    return next(_patched([patch], path, upstream, made_for), None)


def kept_bytes(
    patches: Iterable[bytes], path: RelPath, upstream: bytes | None, made_for: FileDigest | None, result: FileDigest
) -> bytes | None:
    """Return the kept file that a lock names, by the first patch that gives it; None where no patch does."""
    for new in _patched(patches, path, upstream, made_for):
        if result.fits(new.data) and new.executable == result.executable:
            return new.data
    return None


def _patched(
    patches: Iterable[bytes], path: RelPath, upstream: bytes | None, made_for: FileDigest | None
) -> Iterator[Side]:
    old = Side(upstream, made_for.executable) if upstream is not None and made_for is not None else None
    for form in dict.fromkeys(form for patch in patches for form in (patch, to_lf(patch))):
        if (new := apply_patch(form, path, old)) is not None:
            yield new


def halves_of(patch: bytes) -> list[bytes]:
    """Return both sides of a patch in which a merge left conflict markers; none of any other."""
    text = to_lf(patch).decode("latin-1")
    return [half.encode("latin-1") for half in sides_of(text)] if is_conflicted(text) else []
