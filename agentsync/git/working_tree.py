"""Git's rules for the files in a person's working tree: which are ignored, and whose line ends are rewritten.

Git is asked, never imitated. The folder may be anywhere in a repository, or in none. Where git does not
answer, no file is ignored and no line ends are fixed: the caller then reports more of a file, not less.

Sources: git-check-ignore(1), git-check-attr(1), gitignore(5), git-rev-parse(1), git-config(1) FILES.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from agentsync.errors import FetchError
from agentsync.git.git import GitFailure, run_git
from agentsync.late import late
from agentsync.model.working_tree import IgnoreRule, LineEnds, TrackedFile
from agentsync.platform.files import scratch_folder
from agentsync.platform.places import git_settings, known_home

# A row of git-ls-files(1) with `--stage --eol`.
_TRACKED: Final = late(
    rb"(?P<mode>\d+) (?P<oid>[0-9a-f]+) \d\ti/\S* +w/\S* +attr/(?P<attributes>[^\t]*)\t(?P<path>.*)", re.DOTALL
)
_RULE_FIELDS: Final = 4
_ATTRIBUTE_FIELDS: Final = 3
# Git takes no path literally for these questions: so that none is magic, each begins like this.
_HERE: Final = "./"
_ANY_PATHSPEC: Final = {"GIT_LITERAL_PATHSPECS": "0"}
# Settings that come with the environment, and cannot be compared as files.
_SETTINGS: Final = ("GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS")
# What says where the settings of git are.
VARIABLES: Final = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", *_SETTINGS)


def is_in_repository(folder: Path) -> bool:
    """Return whether a folder is in a working tree of git; looked up without git."""
    return any((above / ".git").exists() for above in (folder, *folder.parents))


def ignored(folder: Path, paths: Iterable[str]) -> Mapping[str, IgnoreRule]:
    """Return which of some files git ignores; a file that is tracked is never ignored.

    Args:
        folder: where the paths start from.
        paths: POSIX, relative, none of them behind a symlink.
    """
    asked = sorted(paths)
    if not asked or not is_in_repository(folder):
        return {}
    rows = _ask(folder, ("check-ignore", "-z", "--verbose", "--stdin"), asked, _RULE_FIELDS)
    # A rule that begins with `!` says that its files are not ignored.
    return {path: IgnoreRule(source, int(line), rule) for source, line, rule, path in rows if not rule.startswith("!")}


def tracked_files(folder: Path) -> Mapping[str, TrackedFile]:
    """Return the files below a folder as git's index has them, by POSIX path."""
    if not is_in_repository(folder):
        return {}
    try:
        listed = run_git(("-C", str(folder), "ls-files", "--stage", "--eol", "-z"))
        by_setting = own_setting(folder, "core.autocrlf") not in ("", "false", "no", "off", "0")
    except (GitFailure, FetchError):
        return {}
    found = {}
    for row in listed.split(b"\0"):
        if match := _TRACKED.fullmatch(row):
            attributes = match["attributes"].split()
            converts = attributes != [b"-text"] if attributes else by_setting
            file = TrackedFile(match["mode"].decode(), match["oid"].decode(), converts)
            found[os.fsdecode(match["path"])] = file
    return found


def own_setting(folder: Path, name: str) -> str:
    """Return a setting of git as the user has it in a folder, in small letters, "" for none.

    Raises:
        GitFailure: where git does not answer.
    """
    rows = run_git(("-C", str(folder), "config", "--show-scope", "--get-all", name), fine=(0, 1)).lower().splitlines()
    # Those of the scope `command` are ours.
    own = [row.split(b"\t")[-1] for row in rows if not row.startswith(b"command")]
    return own[-1].decode() if own else ""


def line_ends(folder: Path, paths: Iterable[str]) -> Mapping[str, LineEnds]:
    """Return the line ends of files by the attributes of the repository.

    Args:
        folder: where the paths start from; outside of a repository it is taken for the top of one.
        paths: POSIX, relative.
    """
    asked = list(paths)
    if not asked:
        return {}
    question: tuple[str, ...] = ("check-attr", "-z", "--stdin", "text", "eol")
    with scratch_folder() as scratch:
        if not is_in_repository(folder):
            run_git(("init", "--quiet", "--bare", "--template=", str(scratch)))
            question = (f"--git-dir={scratch}", f"--work-tree={folder}", *question)
        rows = list(_ask(folder, question, asked, _ATTRIBUTE_FIELDS))
    found = dict.fromkeys(asked, LineEnds.OPEN)
    found |= {path: LineEnds.LF for path, name, value in rows if (name, value) == ("eol", "lf")}
    return found | {path: LineEnds.VERBATIM for path, name, value in rows if (name, value) == ("text", "unset")}


def _ask(folder: Path, question: Sequence[str], paths: Iterable[str], fields: int) -> Iterator[list[str]]:
    """Ask git about paths; returns the rows of its answer, none where it has no answer."""
    stdin = b"".join(os.fsencode(f"{_HERE}{path}") + b"\0" for path in paths)
    try:
        output = run_git(("-C", str(folder), *question), stdin=stdin, extra=_ANY_PATHSPEC, fine=(0, 1))
    except (GitFailure, FetchError):
        return
    texts = [os.fsdecode(text) for text in output.split(b"\0")]
    for at in range(0, len(texts) - fields + 1, fields):
        yield [text.removeprefix(_HERE) for text in texts[at : at + fields]]


def rule_files(folder: Path, paths: Collection[str]) -> list[Path]:
    """Return every file, existing or not, that can change which of these files git ignores.

    These are the files of rules, the index and the settings of git. The arguments are those of `ignored`.

    Raises:
        ValueError: where git does not answer.
    """
    if any(os.environ.get(name) for name in _SETTINGS):
        raise ValueError("settings of git come with the environment")
    if (home := known_home()) is None:
        raise ValueError("the home folder is not known, and so the settings of git are not")
    own = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "git"
    found = [home / ".gitconfig", own / "config", own / "ignore", git_settings()]
    names = ("index", "info/exclude", "config", "config.worktree")
    try:
        asked = [word for name in names for word in ("--git-path", name)]
        top, *inside = run_git(("-C", str(folder), "rev-parse", "--show-toplevel", *asked)).splitlines()
        settings = run_git(("-C", str(folder), "config", "--list", "--show-origin", "--name-only", "-z"))
        excludes = run_git(
            ("-C", str(folder), "config", "-z", "--type=path", "--get", "core.excludesFile"), fine=(0, 1)
        )
    except (GitFailure, FetchError) as error:
        raise ValueError(f"git does not answer: {error}") from error
    origins = {origin for origin in settings.split(b"\0")[::2] if origin.startswith(b"file:")}
    files = [*inside, *(origin.removeprefix(b"file:") for origin in origins), *excludes.split(b"\0")[:-1]]
    # Git returns them relative to its folder.
    found += [folder / os.fsdecode(name) for name in files]
    root = Path(os.fsdecode(top))
    for path in paths:
        for above in (folder / path).parents:
            found.append(above / ".gitignore")
            if above == root:
                break
            # Another repository may begin there.
            found.append(above / ".git")
        else:
            raise ValueError(f"{path} is not below {root}")
    return sorted(set(found))


# gitrevisions(7): the sides of a merge that is not finished, and those of one that is.
SIDES: Final = (":2:", ":3:")


COMMITS: Final = ("HEAD:", "MERGE_HEAD:", "CHERRY_PICK_HEAD:", "REBASE_HEAD:", "HEAD^1:", "HEAD^2:")


_LARGEST: Final = 8 * 1024 * 1024


# A clone may lack objects: git must not run what the repository's settings name to get them.
_NO_REMOTE: Final = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}


def committed(folder: Path, name: str, revisions: Sequence[str]) -> list[bytes]:
    """Return the versions of a file at these revisions, in order, as far as git has them.

    Args:
        revisions: prefixes of gitrevisions(7), each ending in a colon.
    """
    if not is_in_repository(folder):
        return []
    asked = "".join(f"{revision}./{name}\n" for revision in revisions).encode()
    try:
        output = _cat(folder, "--batch-check", asked).splitlines()
        blobs = [row.split() for row in output if row.split()[1:2] == [b"blob"]]
        small = [oid for oid, _, size in blobs if int(size) <= _LARGEST]
        return list(_contents(_cat(folder, "--batch", b"".join(oid + b"\n" for oid in dict.fromkeys(small)))))
    except (GitFailure, FetchError):
        return []


def _cat(folder: Path, how: str, asked: bytes) -> bytes:
    return run_git(("-C", str(folder), "cat-file", how), stdin=asked, extra=_NO_REMOTE)


def _contents(output: bytes) -> Iterator[bytes]:
    """Yield the contents in the output of `cat-file --batch`: a line with id, kind and size, the bytes, a line end."""
    while output:
        head, _, output = output.partition(b"\n")
        size = int(head.rsplit(b" ", 1)[1])
        yield output[:size]
        output = output[size + 1 :]
