"""The kernel's side of a file system in user space: mounting it, and the messages of its protocol.

Spoken without a library, so that Linux and the right to mount are all that is needed: as root, or through
the program `fusermount3`.

Sources: linux/fuse.h, version 7.31; fuse(4); mount(2); mount.fuse3(8).
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

DEVICE: Final = "/dev/fuse"
ROOT_NODE: Final = 1
MAJOR, MINOR = 7, 31
MOST: Final = 128 * 1024  # bytes of one write
_HEADER: Final = struct.Struct("<IIQQIIII")
_ANSWER: Final = struct.Struct("<IiQ")
_ATTRIBUTES: Final = struct.Struct("<6Q10I")
_DETACH: Final = 2
_FORGETS: Final = (2, 42)
_INTERRUPT: Final = 36
INIT: Final = 26
DESTROY: Final = 38


class Request(NamedTuple):
    """A message of the kernel."""

    code: int
    unique: int
    node: int
    process: int
    body: bytes

    def name(self, skipped: int = 0) -> str:
        """Return the name that follows so many bytes."""
        return os.fsdecode(self.body[skipped : self.body.index(b"\0", skipped)])

    def names(self, skipped: int = 0) -> tuple[str, str]:
        """Return the two names that follow so many bytes."""
        first, second, *_ = self.body[skipped:].split(b"\0")
        return os.fsdecode(first), os.fsdecode(second)

    def fields(self, form: str) -> tuple[int, ...]:
        """Return the numbers that it begins with."""
        return struct.unpack_from(f"<{form}", self.body)


class Attributes(NamedTuple):
    """Attributes of a file."""

    inode: int
    mode: int
    size: int
    links: int
    owner: int
    group: int
    times: tuple[int, int, int]  # read, changed, status changed, in nanoseconds

    def packed(self) -> bytes:
        """Return them as the kernel takes them."""
        seconds = [time // 1_000_000_000 for time in self.times]
        rest = [time % 1_000_000_000 for time in self.times]
        blocks = -(-self.size // 512)
        more = (self.mode, self.links, self.owner, self.group, 0, 4096, 0)
        return _ATTRIBUTES.pack(self.inode, self.size, blocks, *seconds, *rest, *more)


Answers = Mapping[int, Callable[[Request], bytes]]


def why_not() -> str:
    """Return why nothing can be mounted here, "" where it can."""
    if not sys.platform.startswith("linux"):
        return "file systems are imitated on Linux alone"
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return f"no access to {DEVICE}"
    if os.geteuid() != 0 and shutil.which("fusermount3") is None:
        return "only root mounts without fusermount3"
    return ""


def mount(where: Path, *, with_rights: bool = False) -> int:
    """Mount on a folder; return the handle through which the kernel speaks.

    Args:
        with_rights: the kernel refuses what mode and owner of a file forbid.

    Raises:
        OSError: where the system refuses.
    """
    if os.geteuid() != 0:
        return _mount_for_user(where, with_rights=with_rights)
    handle = os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC)
    settings = f"fd={handle},rootmode=40000,user_id={os.geteuid()},group_id={os.getegid()},allow_other"
    settings += ",default_permissions" * with_rights
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"portable", os.fsencode(where), b"fuse.portable", 0, settings.encode()):
        os.close(handle)
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(where))
    return handle


def _mount_for_user(where: Path, *, with_rights: bool) -> int:
    options = "fsname=portable,subtype=portable" + ",default_permissions" * with_rights
    ours, theirs = socket.socketpair()
    with ours, theirs:
        subprocess.run(
            ["fusermount3", "-o", options, "--", str(where)],
            env=os.environ | {"_FUSE_COMMFD": str(theirs.fileno())},
            pass_fds=[theirs.fileno()],
            check=True,
        )
        return socket.recv_fds(ours, 1, 1)[1][0]


def unmount(where: Path) -> None:
    """Take a mount away, even while a process is in it."""
    if os.geteuid() != 0:
        subprocess.run(["fusermount3", "-u", "-z", "--", str(where)], check=False)
    else:
        ctypes.CDLL(None).umount2(os.fsencode(where), _DETACH)


def unmount_at_end(where: Path) -> None:
    """Take a mount away when standard input ends, or this process is asked to end."""

    def wait() -> None:
        sys.stdin.read()
        unmount(where)

    threading.Thread(target=wait, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: unmount(where))


def serve(handle: int, answers: Answers) -> None:
    """Answer the kernel until the mount is gone.

    Args:
        handle: what `mount` returned.
        answers: what answers each kind of message, by its number; the rest is not implemented.
    """
    while True:
        try:
            message = os.read(handle, MOST + 4096)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR, errno.EAGAIN):
                continue  # the request was taken back
            return
        _, code, unique, node, _, _, process, _ = _HEADER.unpack_from(message)
        request = Request(code, unique, node, process, message[_HEADER.size :])
        if code == _INTERRUPT:
            continue
        number, body = _answered(answers, request)
        if code in _FORGETS:
            continue
        try:
            os.write(handle, _ANSWER.pack(_ANSWER.size + len(body), -number, unique) + body)
        except OSError as error:
            if error.errno != errno.ENOENT:
                return
        if code == DESTROY:
            return


def _answered(answers: Answers, request: Request) -> tuple[int, bytes]:
    """Return the number of the failure, 0 for none, and the answer."""
    if request.code == INIT:
        return 0, _agreement(request)
    answer = answers.get(request.code)
    if answer is None:
        return (0 if request.code == DESTROY else errno.ENOSYS), b""
    try:
        return 0, answer(request)
    except OSError as error:
        return error.errno or errno.EIO, b""


def _agreement(request: Request) -> bytes:
    big_writes, atomic_truncate = 1 << 5, 1 << 3
    offered = request.fields("4I")
    flags = offered[3] & (big_writes | atomic_truncate)
    return struct.pack("<4I2H2I2H8I", MAJOR, MINOR, offered[2], flags, 12, 9, MOST, 1, 0, 0, *[0] * 8)


def entry(node: int, attributes: Attributes, seconds: int = 0) -> bytes:
    """Return the answer that tells a name's node, which may be remembered for so long; its attributes may not."""
    return struct.pack("<4Q2I", node, 0, seconds, 0, 0, 0) + attributes.packed()


def attributes(found: Attributes) -> bytes:
    """Return the answer that tells attributes; they may not be remembered."""
    return struct.pack("<Q2I", 0, 0, 0) + found.packed()


def opened(handle: int) -> bytes:
    """Return the answer that tells the handle of an open file."""
    return struct.pack("<Q2I", handle, 0, 0)


def directory(rows: list[tuple[str, int, int]], start: int, most: int) -> bytes:
    """Return the rows of a folder from one on, as many as fit: each a name, its inode and its mode."""
    found = b""
    for offset, (name, inode, mode) in enumerate(rows[start:], start=start + 1):
        text = os.fsencode(name)
        row = struct.pack("<2Q2I", inode, offset, len(text), stat.S_IFMT(mode) >> 12) + text
        row += b"\0" * (-len(row) % 8)
        if len(found) + len(row) > most:
            break
        found += row
    return found
