"""Runs the console blocks of a markdown file and compares what they print.

    <!-- setup: publish 1.0.0 -->

    ```console
    $ agentsync add /srv/git/agents.git
    ...
    $ agentsync drift
    .claude/agents/a.md  edited
    [exit 1]
    ```

In a block `console`:

- A line `$ COMMAND` is run by sh, with `agentsync` and its Python on PATH. Lines that begin with `> ` directly
  below it, and the line after one that ends in a backslash, belong to it.
- The lines up to the next command are what it prints, stdout and stderr together. A line `...`
  stands for any number of lines, none too. Blanks at the end of a line and empty lines at the end
  do not count, and two or more blanks in a row are as good as any other number of them: columns
  are as wide as the real paths.
- `[exit N]` as the last line is the exit code; without it, 0 is expected.

All blocks of a file happen on one machine, in order; the working directory stays as it is left.
Real paths are shown as `/srv/git` (where `agents.git` is the example registry), `/home/me` (with
agentsync's cache and configuration in their usual places) and `/tmp/demo`, the project that the
file starts in; `<!-- folder: /home/me/shop -->` gives the project another name. Commits made in a
block have a fixed author and date. The seals of a lock depend on the real paths, and are shown as
`seal: sha256:...`.

Comments before a block, each in a line of its own:

- `<!-- no-run -->`: the block is left alone.
- `<!-- file: PATH -->`: the block below, of any language, is written to that file.
- `<!-- setup: publish VERSION ... -->`: the example registry gets these releases.
- `<!-- setup: fresh -->`: a new machine; only the registry stays.
- `<!-- setup: sh COMMAND -->`: a command that readers do not see; it has to succeed.

With `update=True` what is expected is replaced by what is printed, where they differ.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.sandbox import Sandbox

DATE: Final = "2026-01-05T08:00:00Z"
IDENTITY: Final = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Kim"), ("EMAIL", "kim@example.org"), ("DATE", DATE))
}
_FENCE: Final = re.compile(r"^( *)(`{3,})([^`\s]*)[^`]*$")
_COMMENT: Final = re.compile(r"^ *<!-- (no-run|folder|file|setup)(?:: (.*))? -->$")
_EXIT: Final = re.compile(r"\[exit (\d+)\]")
_ANY: Final = "..."
_SEAL: Final = re.compile("seal: sha256:[0-9a-f]{64}")


class TranscriptError(AssertionError):
    """A command printed something else than the file says, or the file cannot be run."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a console block.

    Args:
        text: what sh runs.
        expected: what it prints, `[exit N]` included.
        start, end: the lines of `expected` in the file, from 0, end excluded.
        indent: the blanks before each line of the block.
    """

    text: str
    expected: tuple[str, ...]
    start: int
    end: int
    indent: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A comment that does something: `setup`, `folder` or `file`.

    Args:
        kind: its first word.
        argument: what follows.
        content: the block below, for `file`.
        line: where it stands, from 0.
    """

    kind: str
    argument: str
    content: str
    line: int


Action = Command | Step


def parse(text: str) -> list[Action]:
    """Everything in a markdown file that is run, in order."""
    lines = text.split("\n")
    actions: list[Action] = []
    comments: list[Step] = []
    number = 0
    while number < len(lines):
        if comment := _COMMENT.match(lines[number]):
            step = Step(comment[1], comment[2] or "", "", number)
            (comments if step.kind in ("no-run", "file") else actions).append(step)
        elif fence := _FENCE.match(lines[number]):
            end = _end_of_block(lines, number, fence[2])
            actions += _block(lines, number, end, fence, comments)
            comments = []
            number = end
        elif lines[number].strip():
            comments = []
        number += 1
    return actions


def is_runnable(path: Path) -> bool:
    """Whether a markdown file has a console block that is run."""
    return any(isinstance(action, Command) for action in parse(path.read_text(encoding="utf-8")))


def play(path: Path, root: Path, *, update: bool = False) -> None:
    """Run a markdown file.

    Args:
        path: the file.
        root: an empty folder for the machine that it runs on.
        update: whether to write what is printed into the file, instead of failing.

    Raises:
        TranscriptError: at the first command that prints or exits otherwise than written.
    """
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    player = _Player(root)
    changes: list[tuple[Command, list[str]]] = []
    for action in parse(text):
        if isinstance(action, Step):
            player.prepare(action, path)
            continue
        actual = player.run(action.text)
        if matches(action.expected, actual):
            continue
        if not update:
            difference = "\n".join(difflib.unified_diff(action.expected, actual, "expected", "printed", lineterm=""))
            raise TranscriptError(f"{path}:{action.start}: $ {action.text}\n{difference}")
        changes.append((action, actual))
    for command, actual in reversed(changes):
        lines[command.start : command.end] = [f"{command.indent}{line}".rstrip() for line in actual]
    if changes:
        path.write_text("\n".join(lines), encoding="utf-8")


def matches(expected: Sequence[str], actual: Sequence[str]) -> bool:
    """Whether printed lines are what is expected, `...` standing for any lines."""
    wanted, wanted_exit = _split_exit(expected)
    printed, printed_exit = _split_exit(actual)
    if wanted_exit != printed_exit:
        return False
    at, after_any, retry = 0, None, 0
    number = 0
    while number < len(printed):
        if at < len(wanted) and wanted[at] == _ANY:
            at += 1
            after_any, retry = at, number
        elif at < len(wanted) and wanted[at] == printed[number]:
            at += 1
            number += 1
        elif after_any is not None:  # let the last `...` take one line more
            retry += 1
            at, number = after_any, retry
        else:
            return False
    return all(line == _ANY for line in wanted[at:])


def _split_exit(lines: Sequence[str]) -> tuple[list[str], str]:
    """The lines in the form they are compared in, and the exit code."""
    last = _EXIT.fullmatch(lines[-1].strip()) if lines else None
    return [_loose(line) for line in (lines[:-1] if last else lines)], last[1] if last else "0"


def _loose(line: str) -> str:
    return re.sub(r" {2,}", "  ", line.rstrip())


def _end_of_block(lines: list[str], start: int, fence: str) -> int:
    for number in range(start + 1, len(lines)):
        if lines[number].strip().startswith(fence):
            return number
    raise TranscriptError(f"line {start + 1}: the block is never closed")


def _block(lines: list[str], start: int, end: int, fence: re.Match[str], comments: list[Step]) -> list[Action]:
    """What the block between two lines does, with the comments that stand before it."""
    indent, language = fence[1], fence[3]
    body = [line.removeprefix(indent) for line in lines[start + 1 : end]]
    if any(comment.kind == "no-run" for comment in comments):
        return []
    content = "".join(f"{line}\n" for line in body)
    files: list[Action] = [Step("file", step.argument, content, step.line) for step in comments]
    return files if language != "console" else [*files, *_commands(body, start + 1, indent)]


def _commands(body: list[str], first: int, indent: str) -> list[Action]:
    """The commands of one block; `first` is the line of the file that `body` begins at."""
    commands: list[Action] = []
    number = 0
    while number < len(body):
        if not body[number].startswith("$ "):
            raise TranscriptError(f"line {first + number + 1}: expected a line that begins with `$ `")
        text = [body[number].removeprefix("$ ")]
        number += 1
        while number < len(body) and (body[number].startswith("> ") or text[-1].endswith("\\")):
            text.append(body[number].removeprefix("> "))
            number += 1
        start = number
        while number < len(body) and not body[number].startswith("$ "):
            number += 1
        end = number
        while end > start and not body[end - 1].strip():
            end -= 1
        expected = tuple(body[start:end])
        commands.append(Command("\n".join(text), expected, first + start, first + end, indent))
    return commands


class _Player:
    """One machine, and where on it the reader is."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._machines = 0
        self._shown_project = "/tmp/demo"
        self._sandbox = self._machine()
        self._cwd = self._sandbox.project

    def prepare(self, step: Step, path: Path) -> None:
        """Do what a comment says."""
        what, _, rest = step.argument.partition(" ")
        if step.kind == "folder":
            self._shown_project = step.argument
        elif step.kind == "file":
            file = self._cwd / self._real(step.argument)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self._real(step.content), encoding="utf-8")
        elif what == "publish":
            self._sandbox.publish_example(*rest.split())
        elif what == "fresh":
            self._sandbox = self._machine()
            self._cwd = self._sandbox.project
        elif what == "sh":
            if (printed := self.run(rest)) and _EXIT.fullmatch(printed[-1]):
                raise TranscriptError(f"{path}:{step.line + 1}: {rest}\n" + "\n".join(printed))
        else:
            raise TranscriptError(f"{path}:{step.line + 1}: there is no setup {what!r}")

    def run(self, command: str) -> list[str]:
        """The lines that a command prints, and its exit code where that is not 0."""
        place = self._root / "cwd"
        script = f"{self._real(command)}\nstatus=$?\npwd -P > '{place}'\nexit $status\n"
        place.unlink(missing_ok=True)
        run = self._sandbox.shell(script, env=IDENTITY, cwd=self._cwd)
        if place.exists():
            self._cwd = Path(place.read_text(encoding="utf-8").removesuffix("\n"))
        printed = [line.rstrip() for line in self._shown(run.stdout).split("\n")]
        while printed and not printed[-1]:
            printed.pop()
        return [*printed, f"[exit {run.exit}]"] if run.exit else printed

    def _machine(self) -> Sandbox:
        self._machines += 1
        sandbox = Sandbox(self._root / f"machine{self._machines}")
        sandbox.registry = self._root / "srv" / "agents.git"
        sandbox.registry.parent.mkdir(exist_ok=True)
        return sandbox

    def _places(self) -> list[tuple[str, str]]:
        """What is shown for each real folder, a folder before the one it is shown in."""
        return [
            (self._shown_project, str(self._sandbox.project)),
            ("/home/me/.cache/agentsync", str(self._sandbox.cache)),
            ("/home/me/.config/agentsync", str(self._sandbox.config)),
            ("/home/me", str(self._sandbox.home)),
            ("/srv/git", str(self._sandbox.registry.parent)),
        ]

    def _real(self, text: str) -> str:
        for shown, real in self._places():
            text = text.replace(shown, real)
        return text

    def _shown(self, text: str) -> str:
        for shown, real in self._places():
            text = text.replace(real, shown)
        return _SEAL.sub("seal: sha256:...", text)
