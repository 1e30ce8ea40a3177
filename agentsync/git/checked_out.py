"""What a plain checkout makes of a file: line ends, id and encoding as its attributes ask for. No filter is run.

Git says which attributes a path has; only what `convert.c` of git then does to the bytes is done here. A checkout on a
system whose lines end in LF, and whose numbers begin with their lowest byte, is meant.

Sources: gitattributes(5), git-check-attr(1), git-read-tree(1); `convert.c` and `utf8.c` of git for encodings.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.errors import UnsafeError
from agentsync.git.git import run_git
from agentsync.platform.files import scratch_folder

_ENCODING: Final = "working-tree-encoding"
_NAMES: Final = ("text", "crlf", "eol", "ident", _ENCODING)
# Words without which no attribute of a tree changes what comes out on such a system.
_MATTERS: Final = re.compile(rb"crlf|ident|working-tree-encoding")
_ID: Final = re.compile(rb"\$Id(?::[^$\n]*)?\$")
_ALONE: Final = re.compile(rb"(?<!\r)\n")
_LONE_CR: Final = re.compile(rb"\r(?!\n)")
_ODD: Final = bytes({*range(32), 127} - set(b"\b\t\n\r\033\f"))
_END_OF_FILE: Final = b"\032"
_UTF_8: Final = re.compile(r"utf-?8", re.IGNORECASE)
# Git's own names, which say which bytes stand first.
_MARKED: Final = {
    "UTF-16LE-BOM": (codecs.BOM_UTF16_LE, "utf-16-le"),
    "UTF-16BE-BOM": (codecs.BOM_UTF16_BE, "utf-16-be"),
}
_LOW_FIRST: Final = {"utf-16": (codecs.BOM_UTF16_LE, "utf-16-le"), "utf-32": (codecs.BOM_UTF32_LE, "utf-32-le")}
# Codecs of Python that are no encodings of texts to iconv.
_OF_PYTHON: Final = frozenset(
    ("idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-8-sig")
)


class Attributes(NamedTuple):
    """The attributes of a file that change its bytes as it is checked out.

    Args:
        crlf: its lines end in CRLF.
        guessed: only where it looks like a text, and has no CRLF yet.
        ident: `$Id$` becomes the id of its blob.
        encoding: the encoding that it gets, "" where it stays UTF-8.
    """

    crlf: bool = False
    guessed: bool = False
    ident: bool = False
    encoding: str = ""


def may_matter(attributes: bytes) -> bool:
    """Return whether a `.gitattributes` may change the bytes of a file."""
    return _MATTERS.search(attributes) is not None


def may_encode(attributes: bytes) -> bool:
    """Return whether a `.gitattributes` may give a file another encoding."""
    return _ENCODING.encode() in attributes


def attributes_of(repository: Path, tree: str, paths: Iterable[str]) -> dict[str, Attributes]:
    """Return the attributes of those of some files whose bytes they change.

    Args:
        repository: a bare repository that has the tree and its `.gitattributes`.
    """
    stdin = b"".join(os.fsencode(path) + b"\0" for path in paths)
    with scratch_folder() as scratch:
        index = {"GIT_INDEX_FILE": str(scratch / "index")}
        run_git(("read-tree", tree), git_dir=repository, extra=index)
        question = ("check-attr", "--cached", "-z", "--stdin", *_NAMES)
        words = run_git(question, git_dir=repository, stdin=stdin, extra=index).split(b"\0")
    found: dict[str, dict[str, str]] = {}
    for path, name, value in zip(words[::3], words[1::3], words[2::3], strict=False):
        found.setdefault(os.fsdecode(path), {})[name.decode()] = value.decode("utf-8", "replace")
    return {path: read for path, values in found.items() if (read := _read(values)) != Attributes()}


def _read(values: Mapping[str, str]) -> Attributes:
    text = values["text"] if values["text"] != "unspecified" else values["crlf"]
    crlf = values["eol"] == "crlf" and text not in ("unset", "input")
    encoding = values[_ENCODING]
    is_kept = encoding in ("unspecified", "unset", "set", "") or _UTF_8.fullmatch(encoding)
    return Attributes(crlf, crlf and text == "auto", values["ident"] == "set", "" if is_kept else encoding)


def checked_out(data: bytes, oid: str, attributes: Attributes) -> bytes:
    """Return the bytes of a blob as a checkout has them.

    Raises:
        UnsafeError: for an encoding that is not known here.
    """
    if attributes.ident:
        data = _ID.sub(b"$Id: " + oid.encode() + b" $", data)
    if attributes.crlf and not (attributes.guessed and (b"\r" in data or _is_binary(data))):
        data = _ALONE.sub(b"\r\n", data)
    return _encoded(data, attributes.encoding) if attributes.encoding and data else data


def _encoded(data: bytes, name: str) -> bytes:
    """Return a text in another encoding; what cannot be written in it stays as it is, as git leaves it."""
    mark, codec = _MARKED.get(name.upper(), (b"", name))
    try:
        found = codecs.lookup(codec)
    except (LookupError, ValueError):
        found = None
    if found is None or found.name in _OF_PYTHON or not getattr(found, "_is_text_encoding", True):
        raise UnsafeError(f"the {_ENCODING} {name!r} is not known here", hint="a checkout shows what git makes of it")
    mark, codec = _LOW_FIRST.get(found.name, (mark, codec))
    try:
        return mark + data.decode("utf-8").encode(codec)
    except UnicodeError:
        return data


def _is_binary(data: bytes) -> bool:
    """Return whether git takes it for no text."""
    if b"\0" in data or _LONE_CR.search(data):
        return True
    odd = len(data) - len(data.translate(None, _ODD)) - data.endswith(_END_OF_FILE)
    plain = len(data) - odd - data.count(b"\n") - data.count(b"\r")
    return plain >> 7 < odd
