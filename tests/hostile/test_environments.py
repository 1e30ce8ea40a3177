"""Hostile environments: variables and git configuration that would run programs or write elsewhere."""

from __future__ import annotations

from typing import Final

import pytest

from tests.hostile.machine import INSTALLED, Case, Machine, judge

VARIABLES: Final = {
    "GIT_DIR": "{root}/outside",
    "GIT_WORK_TREE": "{root}/outside",
    "GIT_INDEX_FILE": "{root}/outside/index",
    "GIT_OBJECT_DIRECTORY": "{root}/outside/objects",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "{root}/outside",
    "GIT_NAMESPACE": "evil",
    "GIT_TRACE": "{root}/outside/trace",
    "GIT_TRACE2": "{root}/outside/trace2",
    "GIT_TRACE_PACKFILE": "{root}/outside/pack",
    "GIT_EXTERNAL_DIFF": "{root}/trap",
    "GIT_PROXY_COMMAND": "{root}/trap",
    "GIT_TEMPLATE_DIR": "{root}/outside",
    "GIT_EDITOR": "{root}/trap",
    "GIT_PAGER": "{root}/trap",
    "GIT_CEILING_DIRECTORIES": "/",
    "GIT_REPLACE_REF_BASE": "refs/evil",
    "GIT_SHALLOW_FILE": "{root}/outside/shallow",
    "GIT_ATTR_SOURCE": "evil",
    "GIT_PYTHON_GIT_EXECUTABLE": "{root}/trap",
    "GIT_PYTHON_TRACE": "full",
    "GIT_PYTHON_REFRESH": "raise",
    "GIT_DEFAULT_HASH": "sha256",
    "GIT_ALLOW_PROTOCOL": "ext:file",
    "PAGER": "{root}/trap",
    "PYTHONPATH": "",
}


def _variables(name: str, *starts: str) -> Case:
    """The variables whose names begin so: one that stops git early would hide what another does."""
    chosen = {key: value for key, value in VARIABLES.items() if key.startswith(starts)}
    assert chosen
    return Case(name, lambda machine: machine.honest(), "^wrote .*good.md", 0, installed=INSTALLED, env=chosen)


def _configured(*lines: str) -> Case:
    """Lines of the user's own git configuration, which other programs may need and we do not."""

    def build(machine: Machine) -> None:
        machine.honest()
        template = machine.home / "template/hooks"
        template.mkdir(parents=True)
        for folder in (template, machine.home / "hooks"):
            folder.mkdir(exist_ok=True)
            for hook in ("reference-transaction", "post-checkout", "pre-auto-gc", "post-index-change"):
                (folder / hook).symlink_to(machine.trap)
        with (machine.home / ".gitconfig").open("w") as config:
            for text in lines:
                section, _, line = text.partition(" ")
                value = line.format(trap=machine.trap, home=machine.home)
                config.write(f"[{section.replace('/', ' ')}]\n\t{value}\n")

    return Case(f"{lines[0]} and others", build, "^wrote .*good.md", 0, installed=INSTALLED)


GROUPS: Final = [
    _variables("where git is", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CEILING"),
    _variables("where objects are", "GIT_OBJECT", "GIT_ALTERNATE", "GIT_SHALLOW", "GIT_NAMESPACE", "GIT_REPLACE"),
    _variables("what is written", "GIT_TRACE", "GIT_TEMPLATE", "GIT_DEFAULT_HASH"),
    _variables("what is run", "GIT_EXTERNAL", "GIT_PROXY", "GIT_EDITOR", "GIT_PAGER", "PAGER", "GIT_PYTHON"),
]
CONFIGURED: Final = [
    _configured("core hooksPath = {home}/hooks"),
    _configured("init templateDir = {home}/template", "gc auto = 1"),
    _configured("core fsmonitor = {trap}", "core gitProxy = {trap}", "core attributesFile = {home}/attributes"),
    _configured("diff external = {trap}", "alias fetch = !{trap}", 'remote/"origin" uploadpack = {trap}'),
    _configured("submodule recurse = true", "fetch recurseSubmodules = true", "transfer fsckObjects = false"),
]


def _rewritten(machine: Machine) -> None:
    """The user's configuration lets programs be run for URLs, and sends a URL of the project to one."""
    machine.ask("https://x.example/acme.git")
    (machine.home / ".gitconfig").write_text(
        f'[protocol "ext"]\n\tallow = always\n[url "ext::{machine.trap} "]\n\tinsteadOf = https://x.example/\n'
    )


def _to_plain_http(machine: Machine) -> None:
    machine.ask("https://x.example/acme.git")
    (machine.home / ".gitconfig").write_text('[url "http://127.0.0.1:1/"]\n\tinsteadOf = https://x.example/\n')


REWRITTEN: Final = [
    Case("a helper behind a URL", _rewritten, "why: .*transport 'ext' not allowed", quick=True),
    Case("plain http behind a URL", _to_plain_http, "why: .*transport 'http' not allowed"),
]
ALL: Final = Case("all at once", lambda machine: machine.honest(), "^wrote .*good.md", 0, installed=INSTALLED,
                  env=VARIABLES, quick=True)  # fmt: skip


@pytest.mark.parametrize(
    "case",
    [ALL, *GROUPS, *CONFIGURED, *REWRITTEN],
    ids=lambda case: case.name.replace(" ", "-"),
)
def test_environment(machine: Machine, case: Case) -> None:
    """Installed as if nothing were, or refused."""
    judge(machine, case)
