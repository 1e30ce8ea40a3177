"""Patches of files: written, applied, read from what a merge left of them, and made with the line ends of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from agentsync.formats.conflict_markers import is_conflicted, sides_of
from agentsync.git.files import apply_patch
from agentsync.git.files import diff_sides as diff_sides
from agentsync.merging.slot_merge import content_of, shown_side
from agentsync.model.digest import FileDigest
from agentsync.model.git_file import Side
from agentsync.model.slot import SlotPath, fits, stored_path
from agentsync.model.working_tree import is_text, to_lf


def patch_of(path: SlotPath, old: Side | None, new: Side) -> bytes:
    """Return the patch that makes one file of another."""
    name = stored_path(path)
    before = {name: shown_side(path, old)} if old is not None else {}
    return diff_sides(before, {name: shown_side(path, new)}).encode("utf-8", "surrogateescape")


def patched(patch: bytes, path: SlotPath, upstream: bytes | None, made_for: FileDigest | None) -> Side | None:
    """Apply a recorded patch, of which git may have rewritten the line ends; None where it does not apply.

    Bytes and digest of upstream are None for a file that the patch creates.
    """
    return next(_patched([patch], path, upstream, made_for), None)


def kept_bytes(
    patches: Iterable[bytes], path: SlotPath, upstream: bytes | None, made_for: FileDigest | None, result: FileDigest
) -> bytes | None:
    """Return the kept file that a lock names, by the first patch that gives it; None where no patch does."""
    for new in _patched(patches, path, upstream, made_for):
        if fits(result, path, new.data) and new.executable == result.executable:
            return new.data
    return None


def _patched(
    patches: Iterable[bytes], path: SlotPath, upstream: bytes | None, made_for: FileDigest | None
) -> Iterator[Side]:
    old = Side(upstream, made_for.executable) if upstream is not None and made_for is not None else None
    old, name = shown_side(path, old) if old is not None else None, stored_path(path)
    for form in dict.fromkeys(form for patch in patches for form in (patch, to_lf(patch))):
        if (new := apply_patch(form, name, old)) is not None and (data := content_of(path, new.data)) is not None:
            yield new._replace(data=data)


def halves_of(patch: bytes) -> list[bytes]:
    """Return both sides of a patch in which a merge left conflict markers; none of any other."""
    text = to_lf(patch).decode("latin-1")
    return [half.encode("latin-1") for half in sides_of(text)] if is_conflicted(text) else []


def to_crlf(data: bytes) -> bytes:
    """Return the bytes with CRLF at the end of each line; those of a file that is no text as they are."""
    return to_lf(data).replace(b"\n", b"\r\n") if is_text(data) else data


def nearest_line_ends(data: bytes, other: bytes) -> bytes:
    """Return the bytes as they are, in LF or in CRLF: whichever shares the most lines with another file.

    A form that is another text is none: after CR CR LF, a second reading would take away one more CR.
    """
    lines, text = Counter(other.splitlines(keepends=True)), to_lf(data)
    forms = [data, *(form for form in (text, to_crlf(data)) if to_lf(form) == text)]
    return max(forms, key=lambda form: (Counter(form.splitlines(True)) & lines).total())


def with_line_ends_of(model: bytes, data: bytes) -> bytes:
    """Return the bytes with the line ends of a model: its only ones, or where it has both, those of each line."""
    if not is_text(model) or not is_text(data) or b"\r\n" not in model + data:
        return data
    pairs, ends = model.count(b"\r\n"), model.count(b"\n")
    if pairs in (0, ends):
        return to_crlf(data) if pairs else to_lf(data)
    return _line_by_line(model, data, most=b"\r\n" if 2 * pairs > ends else b"\n")


def _line_by_line(model: bytes, data: bytes, most: bytes) -> bytes:
    """Return the bytes with the line ends of the same lines of a model, and of most of its lines elsewhere."""
    import difflib  # files with both line ends are rare

    lines = model.split(b"\n")
    mine = to_lf(data).split(b"\n")
    ends = [most.removesuffix(b"\n")] * len(mine)
    ends[-1] = b""
    theirs = [line.removesuffix(b"\r") for line in lines]
    for block in difflib.SequenceMatcher(None, theirs, mine, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            if block.b + offset < len(mine) - 1:
                ends[block.b + offset] = b"\r" if lines[block.a + offset].endswith(b"\r") else b""
    return b"\n".join(line + end for line, end in zip(mine, ends, strict=True))
