"""What holds for every command line: folders, help, other names, and hints that name what was meant."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from agentsync.cli.all_commands import ALIASES, COMMANDS, EXAMPLES, GROUPS, MEMBERS
from agentsync.cli.command_line import command_in, prepared
from agentsync.cli.parser import suggestion
from agentsync.cli.table import Flag
from tests.cli.project import succeed
from tests.hints import check
from tests.sandbox import Sandbox

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("drift", "drift"),
        ("ls --json", "list --json"),
        ("rm a/b", "remove a/b"),
        ("uninstall a/b", "remove a/b"),
        ("upgrade", "update"),
        ("sync --locked", "install --locked"),
        ("registry ls", "registry list"),
        ("registry rm x", "registry remove x"),
        ("search ls rm", "search ls rm"),
        ("help", "--help"),
        ("help update", "update --help"),
        ("help registry add", "registry add --help"),
        ("help ls", "list --help"),
        ("contribute -m -- -C x", "contribute -m -- -C x"),
        ("-q drift --json", "drift -q --json"),
        ("--json registry ls", "registry list --json"),
        ("-v --dry-run rm a/b", "remove -v --dry-run a/b"),
        ("-h drift", "drift -h"),
        ("-q help drift", "drift --help"),
        ("-q -- drift", "-q -- drift"),
        ("--version drift", "--version drift"),
        ("", ""),
    ],
)
def test_other_names(line: str, meant: str) -> None:
    """They stand for a command only where a command stands."""
    assert prepared(line.split()) == meant.split()


@pytest.mark.parametrize(
    "line", ["-C a/b drift", "drift -C a/b", "-C a -C b drift", "-Ca drift -C b", "drift -q -C a/b"]
)
def test_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """Anywhere on the line; each from where the one before led."""
    (tmp_path / "a/b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    words = prepared(line.split())
    assert words[0] == "drift" and "-C" not in words and Path.cwd() == tmp_path / "a/b"


def test_aliases_stand_for_commands() -> None:
    """And are none themselves."""
    assert set(ALIASES.values()) <= set(MEMBERS) and not set(ALIASES) & set(MEMBERS)
    assert command_in(["--json", "drift"]) == "" and command_in(["registry", "--help"]) == "registry"


@pytest.mark.parametrize(
    ("line", "group", "hint"),
    [
        ("unistall x/y", "", "agentsync remove x/y"),
        ("deinstall x/y", "", "agentsync remove x/y"),
        ("delete x/y", "", "agentsync remove x/y"),
        ("unlock", "", "agentsync --help"),
        ("disadd x", "", "agentsync --help"),
        ("instal --locked", "", "agentsync install --locked"),
        ("upgrad", "", "agentsync update"),
        ("drit", "", "agentsync drift"),
        ("xyzzy", "", "agentsync --help"),
        ("lst", "registry", "agentsync registry list"),
        ("foo", "registry", "agentsync registry --help"),
        ("remvoe a", "registry", "agentsync registry remove a"),
    ],
)
def test_what_was_meant(line: str, group: str, hint: str) -> None:
    """Never the opposite."""
    assert suggestion(line.split(), group) == hint


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("apps/a drift", "agentsync -C apps/a drift"),
        ("apps/a", "agentsync -C apps/a status"),
        ("--project apps/a drift", "agentsync -C apps/a drift"),
        ("--only r/p drift", "agentsync drift --help"),
        ("-m text rm", "agentsync remove --help"),
        ("--nope", "agentsync --help"),
        ("-q frobnicate", "agentsync --help"),
        ("cehck --json", "agentsync drift --json"),
        ("-C .. -C nowhere drift", "name a folder that is there"),
        ("drift --jsn", "agentsync drift --help"),
        ("registry ad x u", "agentsync registry add x u"),
        ("registry frobnicate", "agentsync registry --help"),
        ("help frobnicate", "agentsync --help"),
    ],
)
def test_mistakes(sandbox: Sandbox, line: str, hint: str) -> None:
    """Neither a folder nor a value is taken for a command; what is named can be run."""
    succeed(sandbox, "init")
    (sandbox.project / "apps/a").mkdir(parents=True)
    run = sandbox.run(*line.split())
    assert run.exit == 2 and run.stderr.splitlines()[-1] == f"hint: {hint}"
    if hint.startswith("agentsync ") and " add " not in hint:
        succeed(sandbox, *shlex.split(hint)[1:])


@pytest.mark.parametrize("line", [*GROUPS, *COMMANDS])
def test_help_of_each(sandbox: Sandbox, line: str) -> None:
    """By `-h`, `--help` and `help`."""
    told = [
        succeed(sandbox, *words).stdout
        for words in ([*line.split(), "-h"], [*line.split(), "--help"], ["help", *line.split()])
    ]
    assert told[0] == told[1] == told[2] and f"agentsync {line}" in told[0]


def test_flags_before_the_command(sandbox: Sandbox) -> None:
    """As with git, they are the command's; the document names the command."""
    succeed(sandbox, "init")
    assert json.loads(succeed(sandbox, "--json", "drift").stdout)["command"] == "drift"
    assert not succeed(sandbox, "-q", "install").stderr


@pytest.mark.parametrize("command", list(EXAMPLES))
def test_examples(sandbox: Sandbox, command: str) -> None:
    """Every command has some, the help shows them, and the command line takes each."""
    told = " ".join(succeed(sandbox, *command.split(), "--help").stdout.split())
    assert EXAMPLES[command]
    for line in EXAMPLES[command]:
        assert line.startswith(command) and f"agentsync {line} " in told
        check(f"`agentsync {line}`")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_docs_have_every_flag(name: str) -> None:
    """In the section of the command or, for those of many commands, in the table above them."""
    sections = re.split(r"^## ", (DOCS / "reference/commands.md").read_text(), flags=re.MULTILINE)
    told = next(text for text in sections if text.startswith((f"`{name}`\n", f"{name}\n")))
    shared = next(text for text in sections if text.startswith("Flags that many commands have"))
    flags = [one.spelled.split()[0] for one in COMMANDS[name].parameters if isinstance(one, Flag)]
    assert [flag for flag in flags if flag not in told and f"`{flag}" not in shared] == []
