"""Hostile files in a pack: each is one finding, and the rest of the pack is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from tests.cli.packs import agent, skill
from tests.git_registry import File, Files
from tests.hostile.machine import HONEST, INSTALLED, Case, Machine, judge

MIB: Final = 1024 * 1024


def _with(files: Files) -> Callable[[Machine], object]:
    return lambda machine: machine.honest(files)


def _file(name: str, path: str, content: str | bytes | File, reason: str, *, quick: bool = False) -> Case:
    """A bad file in the good skill."""
    says = rf"^note: not installed: .* of acme/acme: {reason}"
    return Case(name, _with({f"skills/pdf/{path}": content}), says, 0, installed=INSTALLED, quick=quick)


def _agent(name: str, text: str | bytes, reason: str, *, quick: bool = False) -> Case:
    """A bad agent beside the good one."""
    says = rf"^note: not installed: agents/bad\.md, {reason}"
    return Case(name, _with({"agents/bad.md": text}), says, 0, installed=INSTALLED, quick=quick)


def _header(name: str, header: str, reason: str, *, quick: bool = False) -> Case:
    return _agent(name, f"---\nname: bad\ndescription: d\n{header}\n---\nBody\n", reason, quick=quick)


BOMB: Final = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)
)

NAMES: Final = [
    _file("a device", "aux.md", "x", "'aux.md' is a device on Windows"),
    _file("a device with a suffix", "COM1.tar.gz", "x", ".* is a device on Windows"),
    _file("a trailing dot", "script.", "x", ".* ends with a dot or a blank"),
    _file("a trailing blank", "script ", "x", ".* ends with a dot or a blank"),
    _file("a stream", "notes.txt:hidden", "x", "it holds a colon"),
    _file("a drive", "C:/x", "x", "it holds a colon"),
    _file("a backslash", "..\\..\\x", "x", "it holds a backslash"),
    _file("what Windows keeps", "a|b", "x", r"it holds \|"),
    _file("a newline", "a\nb", "x", "it holds a control character"),
    _file("an escape sequence", "\x1b]0;owned\x07", "x", "it holds a control character", quick=True),
    _file("a bidi name", "\u202egpj.sh", "x", r"it holds the invisible character U\+202E"),
    _file("a tagged name", "x\U000e0041.md", "x", r"it holds the invisible character U\+E0041"),
    _file("a zero-width name", "x\u200b.md", "x", r"it holds the invisible character U\+200B"),
    _file("a long path", "/".join(["d" * 200] * 6), "x", "it is longer than 1024 bytes"),
]
KINDS: Final = [
    _file("a link to a key", "key.md", File("{home}/.ssh/id_rsa", symlink=True), "a symlink", quick=True),
    _file("a link up", "up", File("../../../../..", symlink=True), "a symlink"),
    _file("a submodule", "module", File(gitlink="1" * 40), "a submodule"),
    _file("an LFS pointer", "m.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
    _file("a large file", "large.bin", b"\0" * (MIB + 1), "larger than 1 MiB"),
    _file("case twins", "skill.MD", "x", "on some systems it is the same file as", quick=True),
    Case(
        "NFC twins",
        _with({"skills/pdf/\u00e9.md": "x", "skills/pdf/e\u0301.md": "y"}),
        "^note: not installed: .* on some systems it is the same file as",
        0,
        installed=INSTALLED | {".claude/skills/pdf/\u00e9.md"},
    ),
    Case(
        "twins of a folder",
        _with({"skills/pdf/a/x": "x", "skills/pdf/A/y": "y"}),
        "^note: not installed: .* on some systems it is the same file as",
        0,
        installed=INSTALLED | {".claude/skills/pdf/a/x"},
    ),
]
HIDDEN: Final = [
    _agent("bidi", agent("bad", "One\nDo \u202eevil\n"), r"line 6, column 4 .*U\+202E \(a bidi control\)", quick=True),
    _agent("an isolate", agent("bad", "\u2066x\n"), r"line 5, column 1 .*U\+2066"),
    _agent("tags", agent("bad", "Be nice.\U000e0069\U000e0067\n"), r"line 5, column 9 .*a tag character", quick=True),
    _agent("tags behind a flag", agent("bad", "\U0001f3f4\U000e0069\U000e0067\n"), r"line 5, column 2 .*a tag char"),
    _agent("zero width", agent("bad", "a\u200b\u200bb\n"), r"line 5, column 2 .*U\+200B \(a zero-width"),
    _agent("a joiner that joins nothing", agent("bad", "a\u200d\u200db\n"), r"line 5, column 2 .*U\+200D"),
    _agent("two marks", agent("bad", "a\ufeff\ufeff\n"), r"line 5, column 2 .*U\+FEFF"),
    _agent("a filler", agent("bad", "\u3164\u115f\n"), r"line 5, column 1 .*U\+3164"),
    _agent("bytes in selectors", agent("bad", "\u2764\ufe0f\U000e0101\U000e0102\n"), r"line 5, column 3 .*a variation"),
    _agent("in a header", "---\nname: bad\ndescription: x\u2069y\n---\n", r"line 3, column 15 .*U\+2069"),
    _header("as an escape", 'when: "a\\u202eb"', r"line 4, column 9 .*U\+202E .*escape", quick=True),
    _header("as a long escape", 'when: "\\U000E0041"', r"line 4, column 8 .*U\+E0041"),
    _header("as an escape in a key", '"\\u200b\\u200b": x', r"line 4, column 2 .*U\+200B"),
    _header("as half of a pair", 'when: "\\udb40\\udc41"', r"line 4, column 8 .*U\+E0041"),
    _agent("behind an odd byte", agent("bad").encode() + b"\xff \xe2\x80\xae\n", r"line 6, column 1 .*not UTF-8"),
    _agent("behind a zero byte", agent("bad").encode() + b"\0 \xe2\x80\xae\n", r"line 6, column 3 .*U\+202E"),
    _file("in a script", "run.py", "if x:\u2067 #\n", r"hidden character U\+2067"),
    Case(
        "in the skill itself",
        _with({"skills/bad/SKILL.md": skill("bad", "a\u2060\u2060b\n"), "skills/bad/run.sh": "true\n"}),
        r"^note: not installed: skills/bad/SKILL\.md, line 5, column 2 .*U\+2060",
        0,
        installed=INSTALLED,
    ),
    Case(
        "what people write",
        _with(
            {
                "agents/fine.md": "\ufeff"
                + agent("fine", "\U0001f468\u200d\U0001f469 \u2764\ufe0f 1\ufe0f\u20e3 \u0645\u06cc\u200c\u062e\n"),
                "skills/pdf/logo.bin": b"\0\xff\xe2\x80\xae",
            }
        ),
        r"^wrote +\.claude/agents/fine\.md$",
        0,
        installed=INSTALLED | {".claude/agents/fine.md", ".claude/skills/pdf/logo.bin"},
    ),
]
HEADERS: Final = [
    _header("a bomb", BOMB, "line 8, column .*the aliases of its header stand for more than 10,000", quick=True),
    _header("an alias to itself", "a: &a [*a]", "line 4, column .*stand for more than 10,000"),
    _header(
        "a tag", "a: !!python/object/apply:os.system [touch x]", "line 4, column 4 .*names the YAML tag", quick=True
    ),
    _header("a tag of its own", "a: !custom x", "line 4, column 4 .*names the YAML tag '!custom'"),
    _header("depth", f"a: {'[' * 40}{']' * 40}", "line 4, column .*nested deeper than 32 levels"),
    _header("great depth", "a: " + "[" * 50_000, "line 4, column .*nested deeper than 32 levels"),
    _header("length", f"a: {'x' * 65536}", "line 2, column 1 .*larger than 64 KiB"),
]


def _asked_for(machine: Machine) -> None:
    registry = machine.honest({"agents/bad.md": agent("bad", "a\u200b\u200bb\n")})
    machine.ask(registry.url, 'acme: {version: "*", only: ["agent:bad"]}')


BY_NAME: Final = [
    Case("hidden text, asked for", _asked_for, r"why: agents/bad\.md, line 5, column 2: hidden character U\+200B"),
]


@pytest.mark.parametrize(
    "case", [*NAMES, *KINDS, *HIDDEN, *HEADERS, *BY_NAME], ids=lambda case: case.name.replace(" ", "-")
)
def test_pack(machine: Machine, case: Case) -> None:
    """One finding, all else installed."""
    assert HONEST.keys() == {path.removeprefix(".claude/") for path in INSTALLED}
    judge(machine, case)
