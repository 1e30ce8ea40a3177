"""The record of refs: what is left of one is no record, and no tag is taken for one that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentsync.git.listing import TAGS, Listing
from agentsync.git.refs_record import RefsRecord

OLD = Listing(f"{'a' * 40}\tHEAD\n{'a' * 40}\t{TAGS}web-1.0.0\n")
NEW = Listing(OLD.text + f"{'b' * 40}\t{TAGS}web-2.0.0\n")
WEB = frozenset(("HEAD", f"{TAGS}web-"))


def ruins(data: bytes) -> Iterator[bytes]:
    """What a power cut may leave of a file: a part of it, and zeros for the rest or for a part."""
    for length in range(len(data)):
        yield data[:length]
        yield data[:length] + bytes(len(data) - length)
        yield bytes(length) + data[length:] if length else bytes(len(data))


@pytest.mark.parametrize("held", [None, WEB], ids=["all", "some"])
def test_what_is_left_of_a_record(tmp_path: Path, held: frozenset[str] | None) -> None:
    """It is as if there were none, and the next answer is recorded in its place."""
    record = RefsRecord(tmp_path / "one.git")
    record.write(NEW._replace(held=held))
    assert record.read() == NEW._replace(held=held)
    (file,) = (path for path in record.files if path.exists())
    whole = file.read_bytes()
    for data in ruins(whole):
        file.write_bytes(data)
        assert RefsRecord(tmp_path / "one.git").read() is None, data
    for answer in (NEW._replace(held=WEB), NEW):
        file.write_bytes(whole[:-20])
        record.write(answer)
        assert RefsRecord(tmp_path / "one.git").read() == answer


def test_a_part_of_an_older_record(tmp_path: Path) -> None:
    """A process that was killed after it recorded all refs leaves the part that was known before: it does not count."""
    record = RefsRecord(tmp_path / "one.git")
    for before in (None, Listing(f"{'a' * 40}\tHEAD\n")):
        if before is not None:
            record.write(before)
        record.write(OLD._replace(held=WEB))
        found = record.read()
        assert found is not None and found.text == OLD.text
        whole, part = record.files
        older = part.read_bytes()
        record.write(NEW)
        part.write_bytes(older)
        assert record.read() == NEW
        whole.write_bytes(whole.read_bytes()[:-20])
        assert record.read() is None, "nor does it where the newer record was lost"
        record.write(NEW._replace(held=WEB))
        assert record.read() == NEW._replace(held=WEB)
