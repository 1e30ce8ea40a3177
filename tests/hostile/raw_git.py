"""A bare repository written byte by byte: what git itself refuses to build.

    raw = RawRepository(tmp_path / "acme.git")
    raw.tag("v1.0.0", raw.commit(raw.tree([("100644", b"..", raw.blob(b"x"))])))

Objects are written as loose files and refs as `packed-refs`, without asking git whether they make
sense. Source of the formats: gitformat-pack(5), gitrepository-layout(5).
"""

from __future__ import annotations

import hashlib
import subprocess
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.git_registry import FIRST_DATE, PERSON, SERVER_SETTINGS, plain_git_environment

Row = tuple[str, bytes, str]


class RawRepository:
    """A bare repository; made where it does not exist.

    Args:
        path: its folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._refs: dict[str, str] = {}
        for folder in ("objects/pack", "refs/heads", "refs/tags", "info"):
            (path / folder).mkdir(parents=True, exist_ok=True)
        (path / "HEAD").write_text("ref: refs/heads/main\n")
        settings = "".join(f"\t{name.partition('.')[2]} = {value}\n" for name, value in SERVER_SETTINGS.items())
        (path / "config").write_text(f"[core]\n\tbare = true\n\trepositoryformatversion = 0\n[uploadpack]\n{settings}")

    @property
    def url(self) -> str:
        """Its URL, as a manifest names it."""
        return self.path.as_uri()

    def write(self, kind: str, data: bytes, *, oid: str = "") -> str:
        """Write an object, under another id than its own where one is given; returns the id."""
        raw = f"{kind} {len(data)}\0".encode() + data
        oid = oid or hashlib.sha1(raw, usedforsecurity=False).hexdigest()
        where = self.path / "objects" / oid[:2] / oid[2:]
        where.parent.mkdir(exist_ok=True)
        where.write_bytes(zlib.compress(raw, 1))
        return oid

    def blob(self, data: bytes | str) -> str:
        """Write a blob."""
        return self.write("blob", data.encode() if isinstance(data, str) else data)

    def tree(self, rows: Iterable[Row]) -> str:
        """Write a tree, its rows as they come: mode, name, object."""
        return self.write(
            "tree", b"".join(f"{mode} ".encode() + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in rows)
        )

    def files(self, files: Mapping[str, bytes | str]) -> str:
        """Write an honest tree of plain files."""
        below: dict[str, dict[str, bytes | str]] = {}
        rows: list[tuple[bytes, Row]] = []
        for path, data in files.items():
            first, slash, rest = path.partition("/")
            if slash:
                below.setdefault(first, {})[rest] = data
            else:
                rows.append((first.encode(), ("100644", first.encode(), self.blob(data))))
        rows += [(f"{name}/".encode(), ("40000", name.encode(), self.files(some))) for name, some in below.items()]
        return self.tree(row for _, row in sorted(rows))

    def commit(self, tree: str, message: str = "Publish") -> str:
        """Write a commit without parents, and let the main branch name it."""
        person = f"{PERSON} {FIRST_DATE} +0000"
        oid = self.write("commit", f"tree {tree}\nauthor {person}\ncommitter {person}\n\n{message}\n".encode())
        self.ref("refs/heads/main", oid)
        return oid

    def ref(self, name: str, oid: str) -> None:
        """Let a ref name an object, whatever its name."""
        self._refs[name] = oid
        lines = "".join(f"{self._refs[ref]} {ref}\n" for ref in sorted(self._refs))
        (self.path / "packed-refs").write_text(f"# pack-refs with: sorted \n{lines}", encoding="utf-8")

    def pack_delta(self, base: bytes, times: int) -> str:
        """Write a pack with a blob that is another one many times over, as a delta of a few bytes; returns its id."""
        size = len(base) * times
        copy = b"\xf0" + len(base).to_bytes(3, "little")  # from offset 0, as many bytes
        entries = _entry(3, base, b""), _entry(7, _varint(len(base)) + _varint(size) + copy * times, _oid(base))
        pack = b"PACK" + (2).to_bytes(4, "big") + len(entries).to_bytes(4, "big") + b"".join(entries)
        pack += hashlib.sha1(pack, usedforsecurity=False).digest()
        where = self.path / "objects/pack/pack-bomb.pack"
        where.write_bytes(pack)
        command = ["git", "index-pack", str(where)]
        subprocess.run(command, cwd=self.path, env=plain_git_environment(), check=True, capture_output=True)
        digest = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
        for _ in range(times):
            digest.update(base)
        return digest.hexdigest()

    def tag(self, name: str, commit: str) -> None:
        """A light tag."""
        self.ref(f"refs/tags/{name}", commit)


def _oid(blob: bytes) -> bytes:
    return hashlib.sha1(f"blob {len(blob)}\0".encode() + blob, usedforsecurity=False).digest()


def _entry(kind: int, data: bytes, base: bytes) -> bytes:
    """An object of a pack: its kind and size, the object that it is a delta of, its compressed bytes."""
    size = len(data)
    first, size = (kind << 4) | (size & 15), size >> 4
    head = bytes([first | (0x80 if size else 0)]) + (_varint(size) if size else b"")
    return head + base + zlib.compress(data)


def _varint(number: int) -> bytes:
    """A number in groups of seven bits, the lowest first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])
