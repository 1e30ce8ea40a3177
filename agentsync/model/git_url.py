"""The URL or path of a git repository."""

from enum import StrEnum
from typing import Final, NamedTuple

SHORTHANDS: Final = {
    "github": "https://github.com",
    "gitlab": "https://gitlab.com",
    "bitbucket": "https://bitbucket.org",
    "codeberg": "https://codeberg.org",
}


class UrlKind(StrEnum):
    """Protocol of a repository's URL."""

    HTTPS = "https"
    HTTP = "http"
    SSH = "ssh"
    SCP = "scp"
    FILE = "file"
    PATH = "path"


class GitUrl(NamedTuple):
    """The URL or path of a repository.

    Args:
        text: what may be stored and printed: shorthands spelled out, credentials taken away.
        host: in lower case, "" on this machine.
        key: equal for two spellings of one repository, without credentials. The user of ssh is part of
            it, because a path may start at that user's home.
        repository_name: the last part of the path without `.git` or `.bundle`, "" where none tells.
        location: what git is given, credentials included. Never print or store it.
    """

    text: str
    kind: UrlKind
    host: str
    key: str
    repository_name: str
    location: str

    @property
    def is_local(self) -> bool:
        return self.kind in {UrlKind.FILE, UrlKind.PATH}

    @property
    def is_on_this_machine(self) -> bool:
        """Whether it is local, or served by this machine itself."""
        return self.is_local or self.host in ("localhost", "[::1]") or self.host.startswith("127.")

    @property
    def folder(self) -> str:
        """Its path on this machine's disk, for the kind PATH."""
        drive = self.location.removeprefix("file:///")
        return self.location if drive == self.location else drive.replace("%25", "%")

    def __repr__(self) -> str:
        return f"GitUrl({self.text!r})"

    def __str__(self) -> str:
        return self.text
