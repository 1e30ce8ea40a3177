"""Who may open a file for reading: all others go through `plain_files`, which takes plain files of some size alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final

import pytest

from tests.sources import nodes_of, sources

# The modules that open files otherwise, and why that is no file of a checkout, or is not read whole.
OPENERS: Final = {
    "platform/plain_files.py": "this is the reader",
    "disk/clean_record.py": "loads nothing; its record is in the user's cache, and belongs to the user",
    "platform/streams.py": "the null device",
    "platform/process_lock.py": "writes who holds a lock",
    "platform/open_folder.py": "opens folders, and files for the modules below",
    "platform/descent.py": "opens folders",
    "disk/swap.py": "opens by the handle of a folder, and reads with `plain_files`",
    "platform/moving.py": "copies what is set aside, piece by piece",
    "platform/files.py": "writes",
    "platform/file_system.py": "the system's own list of mounts; changes a mode",
    "platform/retrying.py": "opens for the modules above, also what is held for a moment",
    "platform/flushing.py": "opens a folder",
    "built.py": "loads nothing; the folder of git that the program itself is in",
    "commands/completion.py": "the settings of the user's own shell",
    "commands/schema.py": "a file of the package",
    "publishing/ci.py": "a file of the package",
    "fleet/listing.py": "a list that the command line names, line by line; it may be a pipe",
}
_READS: Final = re.compile(r"(.*\.)?(open|open_file|read_bytes|read_text)|os\.fdopen")


def reading_faults(path: str, nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Every place that opens a file and is not known for it."""
    if path in OPENERS:
        return
    for node in nodes:
        if isinstance(node, ast.Call) and _READS.fullmatch(ast.unparse(node.func)):
            yield f"{path}:{node.lineno}: read it with agentsync.platform.plain_files"


def test_each_module() -> None:
    """No other module reads a file by itself."""
    assert [fault for path, nodes in sources() for fault in reading_faults(path, nodes)] == []


def test_each_opener_opens() -> None:
    """The list holds nothing that is not needed any more."""
    assert {path for path, nodes in sources() if path in OPENERS and any(reading_faults("other.py", nodes))} == set(
        OPENERS
    )


@pytest.mark.parametrize(
    "source", ["open('x')", "path.read_bytes()", "a.b.open('rb')", "os.open(x, 0)", "p().read_text()"]
)
def test_a_fault_is_found(source: str) -> None:
    """The check sees what it is there to see."""
    assert list(reading_faults("store/x.py", nodes_of(source)))
