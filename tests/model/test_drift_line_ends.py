"""Equal but for line ends is equal: for any bytes, and anything git makes of them."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentsync.model.digest import FileDigest, digest_of, parse_digest
from agentsync.model.drift import Drift, Local, classify
from agentsync.model.plan import Action, Change
from agentsync.model.rel_path import RelPath
from agentsync.model.working_tree import is_text

LF: Final = digest_of(b"a\nb\n")
CRLF: Final = digest_of(b"a\r\nb\r\n")
MIXED: Final = digest_of(b"a\r\nb\n")
OTHER: Final = digest_of(b"c\n")
OTHER_CRLF: Final = digest_of(b"c\r\n")
RUNS: Final = digest_of(b"a\nb\n", executable=True)
RUNS_CRLF: Final = digest_of(b"a\r\nb\r\n", executable=True)
SCRIPT: Final = digest_of(b"#!x\nb\n")
SCRIPT_CRLF: Final = digest_of(b"#!x\r\nb\r\n")
LOCKED_SCRIPT: Final = parse_digest(str(SCRIPT))
NEW_SCRIPT: Final = parse_digest(str(digest_of(b"#!x\nc\n")))

PIECES: Final = st.lists(st.sampled_from([b"a", b"b", b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"#!"]), max_size=10)
FILES: Final = PIECES.map(b"".join) | st.binary(max_size=12)


def compared(local: Local, wanted: FileDigest | None) -> Change:
    """A change of a file of the lock."""
    return Change(RelPath("x"), (), None, local, wanted, Drift.EDITED, Action.LEAVE)


@pytest.mark.parametrize(
    ("base", "local", "wanted", "drift"),
    [
        (LF, CRLF, LF, Drift.IN_SYNC),
        (CRLF, LF, CRLF, Drift.IN_SYNC),
        (LF, MIXED, LF, Drift.IN_SYNC),
        (CRLF, MIXED, CRLF, Drift.IN_SYNC),
        (None, CRLF, LF, Drift.IN_SYNC),
        (OTHER, CRLF, LF, Drift.IN_SYNC),
        (LF, CRLF, OTHER, Drift.BEHIND),
        (LF, CRLF, None, Drift.STALE),
        (CRLF, LF, None, Drift.STALE),
        (LF, OTHER, CRLF, Drift.EDITED),
        (LF, OTHER_CRLF, LF, Drift.EDITED),
        (LF, OTHER_CRLF, RUNS, Drift.DIVERGED),
        (LF, RUNS_CRLF, LF, Drift.EDITED),
        (RUNS, RUNS_CRLF, RUNS, Drift.EDITED),
        (None, RUNS_CRLF, RUNS, Drift.EDITED),
        (LOCKED_SCRIPT, SCRIPT_CRLF, LOCKED_SCRIPT, Drift.EDITED),
        (NEW_SCRIPT, SCRIPT_CRLF, LOCKED_SCRIPT, Drift.EDITED),
        (LOCKED_SCRIPT, SCRIPT_CRLF, NEW_SCRIPT, Drift.BEHIND),
        (LOCKED_SCRIPT, SCRIPT_CRLF, None, Drift.STALE),
    ],
)
def test_every_row(base: FileDigest | None, local: FileDigest, wanted: FileDigest | None, drift: Drift) -> None:
    """Line ends count in no row but for a program that should be in sync, whose lines must end as they were written."""
    assert classify(base, local, wanted) is drift


@given(FILES, FILES)
def test_in_sync_exactly_if_equal_but_for_line_ends(locked: bytes, local: bytes) -> None:
    """From what the lock says alone: no other change of a text passes, and none of a file that is no text."""

    def lines(data: bytes) -> list[bytes]:
        *ended, last = data.split(b"\n")
        return [*(line.removesuffix(b"\r") for line in ended), last]

    wanted = parse_digest(str(digest_of(locked)))
    equal = locked == local or (is_text(locked) and is_text(local) and lines(locked) == lines(local))
    found = classify(wanted, digest_of(local), wanted)
    if locked != local and equal and (locked.startswith(b"#!") or local.startswith(b"#!")):
        assert found is Drift.EDITED and compared(digest_of(local), wanted).line_ends_changed
    else:
        assert found is (Drift.IN_SYNC if equal else Drift.EDITED)
        assert compared(digest_of(local), wanted).line_ends_changed == (equal and locked != local)


def to_worktree(data: bytes) -> bytes:
    """Return the text as git writes it with `eol=crlf`: LF alone becomes CRLF (convert.c)."""
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def to_index(data: bytes) -> bytes:
    """Return the text as git stores it."""
    return data.replace(b"\r\n", b"\n")


@given(FILES, st.lists(st.sampled_from([to_worktree, to_index]), max_size=4))
def test_whatever_git_makes_of_a_text(locked: bytes, conversions: list[object]) -> None:
    """Stored and checked out, as often and under whatever settings: still in sync."""
    assume(is_text(locked) and not locked.startswith(b"#!") and b"\r\r" not in locked)
    local = locked
    for convert in conversions:
        assert callable(convert)
        local = convert(local)
    wanted = parse_digest(str(digest_of(locked)))
    assert classify(wanted, digest_of(local), wanted) is Drift.IN_SYNC


def test_an_older_lock_knows_one_form() -> None:
    """A digest without the text's second form is in sync with its own bytes alone."""
    older = parse_digest(f"sha256:{CRLF.sha256}")
    assert older == CRLF
    assert classify(older, CRLF, older) is Drift.IN_SYNC
    assert classify(older, LF, older) is Drift.EDITED


def test_mode_and_line_ends() -> None:
    """Both differ, and both are told."""
    assert compared(RUNS_CRLF, LF).mode_changed and compared(RUNS_CRLF, LF).line_ends_changed
    assert (
        not compared(CRLF, LF).mode_changed
        and not compared(LF, LF).line_ends_changed
        and not compared(OTHER, LF).line_ends_changed
    )


def test_a_file_system_without_modes() -> None:
    """Its files are what the lock says, executable or not, and other bytes are still other bytes."""
    local = LF._replace(has_mode=False)
    assert local == RUNS and local == LF and local != OTHER and hash(local) == hash(RUNS)
    assert classify(RUNS, local, RUNS) is Drift.IN_SYNC
    assert not compared(local, RUNS).mode_changed
    assert classify(RUNS, OTHER._replace(has_mode=False), RUNS) is Drift.EDITED


def test_a_digest_fits_its_bytes() -> None:
    """In both forms: a lock that names another text beside the right bytes is not believed."""
    assert CRLF.fits(b"a\r\nb\r\n") and not CRLF.fits(b"a\nb\n")
    assert FileDigest(CRLF.sha256).fits(b"a\r\nb\r\n")
    assert not FileDigest(CRLF.sha256, lf=OTHER.sha256).fits(b"a\r\nb\r\n")
    assert not FileDigest(LF.sha256, lf=OTHER.sha256).fits(b"a\nb\n")
