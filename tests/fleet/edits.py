"""What may happen to the files of a project before they are committed: edits, links, line ends, other things."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.git_registry import File

Tree = dict[str, File]
Edit = Callable[[Tree, str], None]

_POINTER: Final = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"1" * 64 + b"\nsize 9\n"


def data_of(files: Tree, path: str) -> bytes:
    """Return the bytes of a file, or the target of a link."""
    data = files[path].data
    return data if isinstance(data, bytes) else data.encode()


def _changed(change: Callable[[bytes], bytes]) -> Edit:
    def edit(files: Tree, path: str) -> None:
        files[path] = File(change(data_of(files, path)), executable=files[path].executable)

    return edit


def _replaced(file: File) -> Edit:
    def edit(files: Tree, path: str) -> None:
        files[path] = file

    return edit


def _beside(name: str, file: File) -> Edit:
    def edit(files: Tree, path: str) -> None:
        files[f"{path.rpartition('/')[0]}/{name}".lstrip("/")] = file

    return edit


def _at(name: str, file: File) -> Edit:
    def edit(files: Tree, path: str) -> None:
        files[name] = file

    return edit


def _make_program(files: Tree, path: str) -> None:
    files[path] = File(data_of(files, path), executable=not files[path].executable)


def _delete(files: Tree, path: str) -> None:
    del files[path]


def _fold(files: Tree, path: str) -> None:
    """Put a folder in the place of a file."""
    files[f"{path}/inner.md"] = files.pop(path)


def _bury(files: Tree, path: str) -> None:
    """Put a file in the place of the folder of a file."""
    folder = path.rpartition("/")[0] or path
    for other in [one for one in files if one.startswith(f"{folder}/")]:
        del files[other]
    files[folder] = File(b"Not a folder.\n")


def _moved(target: str, goal: str = "tools/moved", **more: File) -> Edit:
    """Put a link in the place of the top folder of a file, and what was in it elsewhere."""

    def edit(files: Tree, path: str) -> None:
        top, _, below = path.partition("/")
        if below:
            for other in [one for one in files if one.startswith(f"{top}/")]:
                files[goal + other[len(top) :]] = files.pop(other)
            files[top] = File(target.format(top), symlink=True)
            files.update(more)

    return edit


EDITS: Final[Mapping[str, Edit]] = {
    "append": _changed(lambda data: data + b"Our own line.\n"),
    "crlf": _changed(lambda data: data.replace(b"\n", b"\r\n")),
    "empty": _changed(lambda data: b""),
    "latin": _changed(lambda data: b"\xff\xfe" + data),
    "script": _changed(lambda data: b"#!/bin/sh\nexit $Id$\n"),
    "pointer": _changed(lambda data: _POINTER),
    "delete": _delete,
    "program": _make_program,
    "link": _replaced(File("README.md", symlink=True)),
    "module": _replaced(File(gitlink="1" * 40)),
    "extra": _beside("own.txt", File(b"Own.\n")),
    "extra link": _beside("own", File(".", symlink=True)),
    "extra module": _beside("own", File(gitlink="1" * 40)),
    "eol": _at(".gitattributes", File(b"* text eol=crlf\n*.txt -text\n")),
    "eol guessed": _at(".gitattributes", File(b"* text=auto eol=crlf\n*.md ident\n")),
    "eol below": _at(".claude/.gitattributes", File(b"*.md eol=crlf\n*.toml crlf=input\n")),
    "encoding": _at(".gitattributes", File(b"*.md working-tree-encoding=UTF-16 eol=crlf\n*.json ident\n")),
    "encoding marked": _at(".claude/.gitattributes", File(b"*.md working-tree-encoding=UTF-16BE-BOM\n")),
    "encoding latin": _at(".gitattributes", File(b"*.md working-tree-encoding=latin1\n")),
    "encoding own": _at(".gitattributes", File(b"agentsync.lock working-tree-encoding=UTF-16\n")),
    "fold": _fold,
    "bury": _bury,
    "move": _moved("tools/moved"),
    "move away": _moved("../elsewhere"),
    "move far away": _moved("/etc"),
    "move to a file": _moved("README.md"),
    "move to nowhere": _moved("none/at/all"),
    "move into state": _moved(".agentsync/patches", ".agentsync/patches"),
    "move twice": _moved("way", way=File("./tools//moved/", symlink=True)),
    "loop": _moved("{}"),
    "state away": _at(".agentsync", File("tools", symlink=True)),
    "lock elsewhere": lambda files, path: files.update(
        {"other/agentsync.lock": files["agentsync.lock"], "agentsync.lock": File("other/agentsync.lock", symlink=True)}
    ),
    "lock of another name": _at("agentsync.lock", File("README.md", symlink=True)),
    "manifest away": _at("agentsync.yaml", File("/dev/null", symlink=True)),
    "manifest not text": _at("agentsync.yaml", File(b"\xff\n")),
}
