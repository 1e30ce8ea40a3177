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


def _variable(name: str) -> Case:
    """One variable by itself."""
    case_env = {name: VARIABLES[name]}
    return Case(name, lambda machine: machine.honest(), "^wrote .*good.md", 0, installed=INSTALLED, env=case_env)


def _configured(text: str) -> Case:
    """A line of the user's own git configuration, which other programs need and we do not."""

    def build(machine: Machine) -> None:
        machine.honest()
        template = machine.home / "template/hooks"
        template.mkdir(parents=True)
        for folder in (template, machine.home / "hooks"):
            folder.mkdir(exist_ok=True)
            for hook in ("reference-transaction", "post-checkout", "pre-auto-gc", "post-index-change"):
                (folder / hook).symlink_to(machine.trap)
        section, _, line = text.partition(" ")
        value = line.format(trap=machine.trap, home=machine.home, root=machine.root)
        (machine.home / ".gitconfig").write_text(f"[{section.replace('/', ' ')}]\n\t{value}\n")

    return Case(text, build, "^wrote .*good.md", 0, installed=INSTALLED)


CONFIGURED: Final = [
    "core hooksPath = {home}/hooks",
    "init templateDir = {home}/template",
    "core fsmonitor = {trap}",
    "core alternateRefsCommand = {trap}",
    "core gitProxy = {trap}",
    "core attributesFile = {home}/attributes",
    "diff external = {trap}",
    "gc auto = 1",
    "alias fetch = !{trap}",
    "submodule recurse = true",
    "fetch recurseSubmodules = true",
    'remote/"origin" uploadpack = {trap}',
    "transfer fsckObjects = false",
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
    [ALL, *map(_variable, VARIABLES), *map(_configured, CONFIGURED), *REWRITTEN],
    ids=lambda case: case.name.replace(" ", "-"),
)
def test_environment(machine: Machine, case: Case) -> None:
    """Installed as if nothing were, or refused."""
    judge(machine, case)
