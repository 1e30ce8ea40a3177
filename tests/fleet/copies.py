"""Many repositories out of a few templates, in few seconds: packs are shared, only commits are each one's own.

    made = copies(folder, templates, 500)    # FOLDER/0007-drift-entry.git and so on

A copy is a bare repository with one commit on `main`. Its root holds a file of its own, so no two have one commit; all
other objects are in a pack of the template, which is linked.
"""

import hashlib
import os
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.model.fleet import FleetStanding
from tests.fleet.templates import Template
from tests.git_registry import FIRST_DATE, PERSON, SERVER_SETTINGS, Files, GitRegistry

_CONFIG: Final = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[http]\n\treceivepack = true\n" + "".join(
    "[{}]\n\t{} = {}\n".format(*name.split("."), value) for name, value in SERVER_SETTINGS.items()
)
_OWN: Final = "NAME"


class Copy(NamedTuple):
    """A repository of a fleet.

    Args:
        path: where it is, `FOLDER/NUMBER-TEMPLATE.git`; nothing is there for `gone`.
        commit: the commit of `main`; "" for none.
        template: the name of its template.
        standing: what a fleet says of it.
    """

    path: Path
    commit: str
    template: str
    standing: FleetStanding


class Mould(NamedTuple):
    """What the copies of a template share.

    Args:
        packed: the files of its pack, by name.
        root: the entries of its root tree: mode and name, and id.
    """

    template: Template
    packed: Mapping[str, Path]
    root: Sequence[tuple[bytes, bytes]]


def copies(folder: Path, templates: Sequence[Template], count: int) -> list[Copy]:
    """Make that many repositories, each template in its turn."""
    folder.mkdir(parents=True, exist_ok=True)
    moulds = [_mould(folder.parent / "moulds", template) for template in templates]
    return [_copy(folder, number, moulds[number % len(moulds)]) for number in range(count)]


def commit_on(copy: Copy, files: Files) -> Copy:
    """Commit another tree on top of a copy, in place of all its files, and return the copy as it is then."""
    return copy._replace(commit=GitRegistry(copy.path).publish(None, {**files, _OWN: f"{copy.path.name}\n"}))


def _mould(folder: Path, template: Template) -> Mould:
    """Import a template once, as one pack."""
    path = folder / f"{template.name}.git"
    if not template.files:
        return Mould(template, {}, ())
    shutil.rmtree(path, ignore_errors=True)
    registry = GitRegistry(path, server={"fastimport.unpackLimit": "0"})
    registry.publish(None, template.files)
    packed = {file.name: file for file in (path / "objects" / "pack").iterdir() if file.suffix in (".pack", ".idx")}
    listed = registry.git("ls-tree", "-z", "main").split("\0")
    return Mould(template, packed, [_tree_entry(line) for line in listed if line])


def _tree_entry(line: str) -> tuple[bytes, bytes]:
    facts, name = line.split("\t")
    mode, _, object_id = facts.split()
    return f"{mode.lstrip('0')} {name}".encode(), bytes.fromhex(object_id)


def _copy(folder: Path, number: int, mould: Mould) -> Copy:
    path = folder / f"{number:04}-{mould.template.name}.git"
    for name in ("refs/heads", "objects/pack", "objects/info"):
        (path / name).mkdir(parents=True)
    (path / "HEAD").write_text("ref: refs/heads/main\n")
    (path / "config").write_text(_CONFIG)
    commit = ""
    if mould.template.files:
        for name, file in mould.packed.items():
            os.link(file, path / "objects" / "pack" / name)
        commit = _own_commit(path, mould)
        (path / "refs" / "heads" / "main").write_text(f"{commit}\n")
    return Copy(path, commit, mould.template.name, mould.template.standing)


def _own_commit(path: Path, mould: Mould) -> str:
    blob = _write(path, b"blob", f"{path.name}\n".encode())
    entries = [*mould.root, (f"100644 {_OWN}".encode(), bytes.fromhex(blob))]
    tree = _write(path, b"tree", b"".join(head + b"\0" + object_id for head, object_id in sorted(entries, key=_order)))
    person = f"{PERSON} {FIRST_DATE} +0000"
    return _write(path, b"commit", f"tree {tree}\nauthor {person}\ncommitter {person}\n\nBegin\n".encode())


def _order(entry: tuple[bytes, bytes]) -> bytes:
    """Return what git sorts by: a folder as if it ended in a slash."""
    mode, _, name = entry[0].partition(b" ")
    return name + b"/" if mode == b"40000" else name


def _write(path: Path, kind: bytes, data: bytes) -> str:
    content = kind + b" %d\0" % len(data) + data
    object_id = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    folder = path / "objects" / object_id[:2]
    folder.mkdir(exist_ok=True)
    (folder / object_id[2:]).write_bytes(zlib.compress(content, 1))
    return object_id


def by_standing(made: Sequence[Copy]) -> Iterator[tuple[FleetStanding, int]]:
    """Count copies by standing, the worst first."""
    for standing in FleetStanding:
        if count := sum(one.standing == standing for one in made):
            yield standing, count
