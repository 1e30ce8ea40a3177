"""Drift of a file: the table of the documentation, and that only equality counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.digest import FileDigest, digest_of, parse_digest, parse_digests
from agentsync.model.drift import Blocked, Drift, Local, Replaced, Unclear, Unreadable, classify
from agentsync.model.plan import Action, Change
from agentsync.model.rel_path import RelPath
from tests.strategies import DIGESTS

A, B, C = digest_of(b"a"), digest_of(b"b"), digest_of(b"c")
X = digest_of(b"a", executable=True)
LINK = Replaced.SYMLINK
OPTIONAL = st.none() | st.sampled_from([A, B, C, X])
LOCALS: st.SearchStrategy[Local] = st.one_of(
    OPTIONAL, st.sampled_from(Replaced), st.builds(Unreadable, st.sampled_from(["no", "never"]))
)


def compared(local: Local, wanted: FileDigest | None) -> Change:
    """A change of a file of the lock."""
    return Change(RelPath("x"), (), None, local, wanted, Drift.EDITED, Action.LEAVE)


@pytest.mark.parametrize(
    ("base", "local", "wanted", "drift"),
    [
        (A, A, A, Drift.IN_SYNC),
        (B, A, A, Drift.IN_SYNC),
        (None, A, A, Drift.IN_SYNC),
        (None, None, A, Drift.MISSING),
        (A, None, A, Drift.MISSING),
        (B, None, A, Drift.MISSING),
        (A, A, B, Drift.BEHIND),
        (A, A, X, Drift.BEHIND),
        (A, A, None, Drift.STALE),
        (A, B, A, Drift.EDITED),
        (A, X, A, Drift.EDITED),
        (A, LINK, A, Drift.EDITED),
        (A, Unreadable("no"), A, Drift.EDITED),
        (A, B, C, Drift.DIVERGED),
        (A, LINK, B, Drift.DIVERGED),
        (A, B, None, Drift.DIVERGED),
        (A, LINK, None, Drift.DIVERGED),
        (None, B, A, Drift.FOREIGN),
        (None, LINK, A, Drift.FOREIGN),
        (None, X, A, Drift.FOREIGN),
        (A, None, None, None),
        (None, A, None, None),
        (None, None, None, None),
    ],
)
def test_the_table(base: FileDigest | None, local: Local, wanted: FileDigest | None, drift: Drift | None) -> None:
    """Every row of `docs/concepts/drift.md`."""
    assert classify(base, local, wanted) is drift


@given(OPTIONAL, LOCALS, OPTIONAL, st.permutations([A, B, C, X]))
def test_only_equality_counts(
    base: FileDigest | None, local: Local, wanted: FileDigest | None, names: list[FileDigest]
) -> None:
    """Other digests in the same relation to each other give the same answer."""
    other = dict(zip([A, B, C, X], names, strict=True))

    def renamed(digest: Local) -> Local:
        return other[digest] if isinstance(digest, FileDigest) else digest

    new_base, new_wanted = renamed(base), renamed(wanted)
    others = Replaced | Blocked | Unreadable | Unclear
    assert not isinstance(new_base, others) and not isinstance(new_wanted, others)
    assert classify(new_base, renamed(local), new_wanted) is classify(base, local, wanted)


@given(OPTIONAL, LOCALS, OPTIONAL)
def test_what_each_word_means(base: FileDigest | None, local: Local, wanted: FileDigest | None) -> None:
    """The cases do not overlap, and none is left out."""
    is_other_form = local is Replaced.OTHER_FORM
    meanings: dict[Drift, Callable[[], bool]] = {
        Drift.IN_SYNC: lambda: wanted is not None and local == wanted,
        Drift.MISSING: lambda: wanted is not None and local is None,
        Drift.FOREIGN: lambda: wanted is not None and local not in (None, wanted) and (base is None or is_other_form),
        Drift.BEHIND: lambda: wanted is not None and local is not None and local == base != wanted,
        Drift.EDITED: lambda: (
            wanted is not None and local is not None and local != base == wanted and not is_other_form
        ),
        Drift.STALE: lambda: wanted is None and local is not None and local == base,
        Drift.DIVERGED: lambda: (
            base is not None
            and local not in (None, base, wanted)
            and base != wanted
            and (wanted is None or not is_other_form)
        ),
    }
    fitting = [drift for drift, fits in meanings.items() if fits()]
    assert fitting == [classify(base, local, wanted)] or (fitting == [] and classify(base, local, wanted) is None)


@given(OPTIONAL, LOCALS, OPTIONAL)
def test_bytes_that_are_not_ours_are_never_called_ours(
    base: FileDigest | None, local: Local, wanted: FileDigest | None
) -> None:
    """Only nothing, or exactly the bytes of the receipt, is written over or deleted."""
    if classify(base, local, wanted) in (Drift.MISSING, Drift.BEHIND, Drift.STALE):
        assert local is None or local == base


def test_only_the_mode() -> None:
    """The same bytes, another bit."""
    assert compared(X, A).mode_changed and compared(A, X).mode_changed
    assert not compared(A, A).mode_changed
    assert not compared(B, X).mode_changed
    assert (
        not compared(LINK, X).mode_changed and not compared(None, X).mode_changed and not compared(A, None).mode_changed
    )


@given(DIGESTS)
def test_a_digest_comes_back(digest: FileDigest) -> None:
    """From its text."""
    found = parse_digest(str(digest))
    assert found == digest and found.lf == digest.lf and str(found) == str(digest)


@given(st.binary(max_size=20), st.binary(max_size=20), st.booleans(), st.booleans())
def test_a_digest_stands_for_its_file(one: bytes, other: bytes, first: bool, second: bool) -> None:
    """Bytes and mode, both."""
    same = digest_of(one, executable=first) == digest_of(other, executable=second)
    assert same == (one == other and first == second)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:",
        "sha256:" + "A" * 64,
        "sha1:" + "a" * 64,
        f"{A} +w",
        f"{A}\n",
        f" {A}",
        f"lf:{A}",
        f"{A} lf:sha256:",
        f"{X} lf:{A}",
    ],
)
def test_what_is_no_digest(text: str) -> None:
    """Only the one form."""
    with pytest.raises(ValueError, match="is not a digest"):
        parse_digest(text)


WRITTEN: Final = st.builds(str, DIGESTS) | st.sampled_from(
    ("", "sha256:", "a" * 71, f"sha256:{'A' * 64}", f"sha256:{'é' * 64}", f"sha256:{'a' * 64}+x", f"sha256:{'a' * 65}")
)


@given(st.lists(WRITTEN, max_size=4))
def test_many_digests(texts: list[str]) -> None:
    """Many together are what each is alone; where one is none, that is told."""

    def outcome(read: Callable[[], list[FileDigest]]) -> object:
        try:
            return read()
        except ValueError as error:
            return str(error)

    assert outcome(lambda: parse_digests(texts)) == outcome(lambda: [parse_digest(text) for text in texts])
