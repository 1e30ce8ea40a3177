"""Publish the example registry into a bare git repository.

    python examples/publish.py FOLDER [--only VERSION ...]

Each folder below `examples/registry` is one release: the whole tree of the registry at that
version. It becomes one commit on the branch `main` and one tag, `v` and the version. FOLDER is
made where it does not exist; releases that it has already are left alone, so that running this
again adds the next one. Author, committer and dates are fixed: the same releases published in
the same order have the same commit ids on every machine.

Only git and Python's standard library are used, and no configuration of git but the repository's
own is read. This script never deletes and never moves a tag.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "registry"
PERSON = "Acme Agents <agents@acme.example>"
FIRST_RELEASE = 1_767_600_000  # 2026-01-05 08:00 UTC, in seconds
BETWEEN_RELEASES = 28 * 24 * 60 * 60
COMMIT_MARK = ":1"


def main(arguments: list[str]) -> int:
    """Publish what the command line asks for and print each release with its commit."""
    releases = sorted((folder.name for folder in SOURCE.iterdir() if folder.is_dir()), key=_numbers)
    parser = argparse.ArgumentParser(description="Publish the example registry into a bare git repository.")
    parser.add_argument("folder", type=Path, help="the repository; made where it does not exist")
    parser.add_argument("--only", nargs="+", choices=releases, default=releases, metavar="VERSION")
    options = parser.parse_args(arguments)
    try:
        repository = _open(options.folder)
        published = _git(repository, "tag", "--list").decode().split()
        for number, version in enumerate(releases):
            if version not in options.only or f"v{version}" in published:
                continue
            commit = _publish(repository, version, FIRST_RELEASE + number * BETWEEN_RELEASES)
            print(f"v{version}  {commit}")
    except subprocess.CalledProcessError as error:
        return _fail(error.stderr.decode(errors="replace").strip())
    except OSError as error:
        return _fail(str(error))
    return 0


def _fail(why: str) -> int:
    print(f"error: cannot publish: {why}", file=sys.stderr)
    return 1


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _open(folder: Path) -> Path:
    """The bare repository at `folder`, made where there is none."""
    repository = folder.resolve()
    if not (repository / "HEAD").is_file():
        repository.mkdir(parents=True, exist_ok=True)
        if any(repository.iterdir()):
            raise FileExistsError(f"{folder} is neither empty nor a bare repository")
        _git(repository, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", ".")
    return repository


def _publish(repository: Path, version: str, date: int) -> str:
    """Write one release as a commit on main with its tag; return the commit's id."""
    message = f"Release {version}\n".encode()
    stream = [b"feature done\n", b"commit refs/heads/main\n", f"mark {COMMIT_MARK}\n".encode()]
    stream += [f"{role} {PERSON} {date} +0000\n".encode() for role in ("author", "committer")]
    stream += [_data(message)]
    if _git(repository, "for-each-ref", "refs/heads/main"):
        stream += [b"from refs/heads/main^0\n"]
    stream += [b"deleteall\n"]
    root = SOURCE / version
    for path in sorted(file for file in root.rglob("*") if file.is_file()):
        data = path.read_bytes()
        # A copy of the project that lost its mode bits still publishes the same commits.
        mode = "100755" if data.startswith(b"#!") or path.stat().st_mode & 0o100 else "100644"
        stream += [f"M {mode} inline {path.relative_to(root).as_posix()}\n".encode(), _data(data)]
    stream += [f"reset refs/tags/v{version}\nfrom {COMMIT_MARK}\n\n".encode()]
    stream += [f"get-mark {COMMIT_MARK}\n".encode(), b"done\n"]
    return _git(repository, "fast-import", "--quiet", stdin=b"".join(stream)).decode().strip()


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _git(repository: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git in a bare repository, away from the configuration and the repository of the caller."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_DIR": str(repository)}
    done = subprocess.run(
        ["git", *arguments], cwd=repository, env=environment, input=stdin, capture_output=True, check=True
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
