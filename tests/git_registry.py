"""Real git repositories for tests, published release by release.

    registry = GitRegistry(tmp_path / "agents.git")
    first = registry.publish("v1.0.0", {"agents/a.md": "---\\nname: a\\n---\\nHello\\n"})

Each `publish` replaces the whole tree. Author, committer and dates are fixed, so the same calls
give the same commit ids on every machine and ids may stand in expected output. Git runs without
the configuration of the user or the system, and not through agentsync's own code.

Trees that git itself refuses to build (`..`, `.git`, doubled names) cannot be published here.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PERSON: Final = "Registry <registry@example.org>"
FIRST_DATE: Final = 1_735_725_600  # 2025-01-01 10:00 UTC, in seconds
DAY: Final = 24 * 60 * 60
# What the large hosts allow, and what fetching single objects needs.
SERVER_SETTINGS: Final = {"uploadpack.allowFilter": "true", "uploadpack.allowAnySHA1InWant": "true"}


@dataclass(frozen=True, slots=True)
class File:
    """A file that is more than its bytes.

    Args:
        data: the content; for a symlink, where it points.
        executable: whether its mode is 755 rather than 644.
        symlink: whether it is a symlink.
        gitlink: a commit id, where the entry is a submodule instead of a file.
    """

    data: str | bytes = b""
    executable: bool = False
    symlink: bool = False
    gitlink: str | None = None


Files = Mapping[str, str | bytes | File]


class GitRegistry:
    """A bare repository that tests publish to; made where it does not exist.

    Args:
        path: its folder.
        server: settings of the repository; by default those of a server that serves any object.
    """

    def __init__(self, path: Path, *, server: Mapping[str, str] = SERVER_SETTINGS) -> None:
        self.path = path.resolve()
        self._commits = 0
        if (self.path / "HEAD").is_file():
            self._commits = int(self.git("rev-list", "--all", "--count"))
            return
        self.path.mkdir(parents=True)
        self.git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", ".")
        with (self.path / "config").open("a", encoding="utf-8") as config:
            for name, value in server.items():
                section, _, key = name.partition(".")
                config.write(f"[{section}]\n\t{key} = {value}\n")

    @property
    def url(self) -> str:
        """Its URL, as a manifest names it."""
        return self.path.as_uri()

    def publish(
        self,
        tag: str | None,
        files: Files,
        *,
        branch: str = "main",
        message: str = "",
        annotated: bool = False,
    ) -> str:
        """Commit a whole tree on top of a branch and return the commit's id.

        Args:
            tag: the tag to put on it, None for no tag.
            files: every file of the new tree by its path.
            branch: the branch; it begins with this commit where it does not exist.
            message: the commit's message; the tag's name by default.
            annotated: whether the tag is an object of its own.
        """
        person = self._person()
        self._commits += 1
        stream = [f"commit refs/heads/{branch}\nmark :1\nauthor {person}\ncommitter {person}\n".encode()]
        stream += [_data(message or f"Publish {tag or branch}")]
        if self._has(f"refs/heads/{branch}"):
            stream += [f"from refs/heads/{branch}^0\n".encode()]
        stream += [b"deleteall\n"]
        for path, content in files.items():
            stream += _entry(path, content if isinstance(content, File) else File(content))
        if tag and annotated:
            stream += [f"tag {tag}\nfrom :1\ntagger {person}\n".encode(), _data(f"Tag {tag}")]
        elif tag:
            stream += [f"reset refs/tags/{tag}\nfrom :1\n\n".encode()]
        stream += [b"get-mark :1\ndone\n"]
        # Names that differ in case are two files of a commit, whatever the file system of the repository is.
        options = ("-c", "core.ignorecase=false", "fast-import", "--quiet", "--done", "--force")
        return self.git(*options, stdin=b"".join(stream))

    def move_tag(self, tag: str, commit: str) -> None:
        """Let a tag name another commit, as an upstream should never do."""
        self.git("update-ref", f"refs/tags/{tag}", commit)

    def delete_tag(self, tag: str) -> None:
        """Take a tag away."""
        self.git("update-ref", "-d", f"refs/tags/{tag}")

    def add_branch(self, branch: str, commit: str = "main") -> None:
        """Let a branch name a commit; it is moved where it exists."""
        self.git("update-ref", f"refs/heads/{branch}", self.git("rev-parse", f"{commit}^0"))

    def read(self, revision: str, path: str) -> bytes:
        """The bytes of one file at a revision."""
        return self._run("cat-file", "blob", f"{revision}:{path}")

    def git(self, *arguments: str, stdin: bytes = b"", at: int = FIRST_DATE) -> str:
        """Run git in the repository and return what it prints, stripped; what it makes is made `at` that second."""
        return self._run(*arguments, stdin=stdin, at=at).decode().strip()

    def _run(self, *arguments: str, stdin: bytes = b"", at: int = FIRST_DATE) -> bytes:
        name, _, mail = PERSON.partition(" <")
        person = {"NAME": name, "EMAIL": mail.rstrip(">"), "DATE": f"{at} +0000"}
        who = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()}
        environment = plain_git_environment() | who | {"GIT_DIR": str(self.path)}
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=environment, input=stdin, capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def _has(self, ref: str) -> bool:
        """Return whether a ref is there, loose or packed; one process less for each release."""
        packed = self.path / "packed-refs"
        return (self.path / ref).is_file() or (packed.is_file() and f" {ref}\n".encode() in packed.read_bytes())

    def _person(self) -> str:
        return f"{PERSON} {FIRST_DATE + self._commits * DAY} +0000"


def plain_git_environment() -> dict[str, str]:
    """An environment in which git reads no configuration of the user or the system."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
    }


def _entry(path: str, file: File) -> list[bytes]:
    name = _quote(path)
    if file.gitlink:
        return [f"M 160000 {file.gitlink} {name}\n".encode()]
    mode = "120000" if file.symlink else "100755" if file.executable else "100644"
    return [f"M {mode} inline {name}\n".encode(), _data(file.data)]


def _quote(path: str) -> str:
    """A path as fast-import reads any path: in quotes, other than plain ASCII as octal bytes."""
    plain = (chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in path.encode())
    return f'"{"".join(plain)}"'


def _data(content: str | bytes) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return b"data %d\n%s\n" % (len(data), data)
