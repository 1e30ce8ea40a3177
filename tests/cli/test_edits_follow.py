"""An edit belongs to its item: whatever is renamed, by the manifest or upstream, the edit goes along."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.cli.packs import agent, registry_yaml, skill
from tests.cli.project import drifts, files_below, manifest_text, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

LINES: Final = "".join(f"Line {number}.\n" for number in range(1, 13))
MINE: Final = "Mine, and mine alone.\n"
PACK: Final = {
    "agents/critic.md": agent("critic", LINES),
    "agents/writer.md": agent("writer"),
    "commands/deploy.md": LINES,
    "skills/pdf/SKILL.md": skill("pdf", LINES),
    "skills/pdf/notes.txt": LINES,
}
EDITED: Final = ("agents/critic.md", "commands/deploy.md", "skills/pdf/SKILL.md", "skills/pdf/notes.txt")
OWN: Final = "skills/pdf/own.md"

Files = Mapping[str, str]


def tree(files: Files, pack: str = "web", folder: str = "packs/web") -> dict[str, str]:
    """A registry with one pack."""
    where = registry_yaml(pack).replace(f"packs/{pack}", folder)
    return {"registry.yaml": where} | {f"{folder}/{path}": text for path, text in files.items()}


def renamed(files: Files, *pairs: tuple[str, str]) -> dict[str, str]:
    """The same files on other paths."""
    found = dict(files)
    for old, new in pairs:
        found = {path.replace(old, new): text for path, text in found.items()}
    return found


def changed(files: Files, *paths: str) -> dict[str, str]:
    """The same files, some of them changed by upstream far from the edit."""
    return {path: text.replace("Line 2.", "Their line 2.") if path in paths else text for path, text in files.items()}


def called(files: Files, old: str, new: str) -> dict[str, str]:
    """The same files, with another name in a header."""
    return {path: text.replace(f"name: {old}\n", f"name: {new}\n") for path, text in files.items()}


class Renaming(NamedTuple):
    """Something that is renamed.

    Args:
        upstream: the files of the next release, None for no release.
        manifest: what becomes of the manifest.
        moved: installed paths that become others.
        pack: the name that the pack has afterwards.
    """

    upstream: Mapping[str, str] | None = None
    manifest: Callable[[str], str] = str
    moved: Mapping[str, str] = {}
    pack: str = "acme/web"


def entry(choice: str) -> Callable[[str], str]:
    """The manifest's line for the pack with something in it."""
    return lambda text: text.replace("acme/web: ^1\n", f"acme/web: {{version: ^1, {choice}}}\n")


DOCUMENTS: Final = {f"skills/pdf/{name}": f"skills/documents/{name}" for name in ("SKILL.md", "notes.txt", "own.md")}
PREFIXED: Final = {
    "agents/critic.md": "agents/web--critic.md",
    "agents/writer.md": "agents/web--writer.md",
    "commands/deploy.md": "commands/web--deploy.md",
    **{path: path.replace("/pdf/", "/web--pdf/") for path in DOCUMENTS},
}
RENAMINGS: Final = {
    "alias": Renaming(
        manifest=lambda text: text.replace("acme", "corp", 1).replace("acme/web", "corp/web"), pack="corp/web"
    ),
    "pack": Renaming(
        tree(PACK, "site", "packs/web"), lambda text: text.replace("acme/web", "acme/site"), pack="acme/site"
    ),
    "pack and its folder": Renaming(
        tree(changed(PACK, *PACK), "site", "all/site"),
        lambda text: text.replace("acme/web", "acme/site"),
        pack="acme/site",
    ),
    "alias and pack": Renaming(
        tree(PACK, "site", "x"),
        lambda text: text.replace("acme", "corp", 1).replace("acme/web", "corp/site"),
        pack="corp/site",
    ),
    "folder of the pack": Renaming(tree(changed(PACK, *PACK), folder="moved")),
    "file": Renaming(
        tree(renamed(PACK, ("agents/critic", "agents/team/reviewer"))),
        moved={"agents/critic.md": "agents/team/reviewer.md"},
    ),
    "name": Renaming(tree(called(PACK, "critic", "reviewer"))),
    "file and name": Renaming(
        tree(called(renamed(PACK, ("critic.md", "reviewer.md")), "critic", "reviewer")),
        moved={"agents/critic.md": "agents/reviewer.md"},
    ),
    "file, name and text": Renaming(
        tree(changed(called(renamed(PACK, ("critic.md", "reviewer.md")), "critic", "reviewer"), "agents/reviewer.md")),
        moved={"agents/critic.md": "agents/reviewer.md"},
    ),
    "command": Renaming(
        tree(changed(renamed(PACK, ("deploy.md", "ops/ship.md")), "commands/ops/ship.md")),
        moved={"commands/deploy.md": "commands/ops/ship.md"},
    ),
    "folder of a skill": Renaming(tree(renamed(PACK, ("/pdf/", "/documents/"))), moved=DOCUMENTS),
    "folder, name and text of a skill": Renaming(
        tree(changed(called(renamed(PACK, ("/pdf/", "/documents/")), "pdf", "documents"), *DOCUMENTS.values())),
        moved=DOCUMENTS,
    ),
    "file in a skill": Renaming(
        tree(changed(renamed(PACK, ("notes.txt", "more/remarks.txt")), "skills/pdf/more/remarks.txt")),
        moved={"skills/pdf/notes.txt": "skills/pdf/more/remarks.txt"},
    ),
    "prefix": Renaming(manifest=entry("prefix: true"), moved=PREFIXED),
    "rename": Renaming(
        manifest=entry('rename: {"agent:critic": judge, "skill:pdf": documents}'),
        moved={"agents/critic.md": "agents/judge.md", **DOCUMENTS},
    ),
    "rename by path": Renaming(
        manifest=entry("rename: {agents/critic.md: judge}"), moved={"agents/critic.md": "agents/judge.md"}
    ),
}


@pytest.fixture
def registry(tmp_path: Path) -> GitRegistry:
    """A registry with a pack of every kind of item."""
    registry = GitRegistry(tmp_path / "team.git")
    registry.publish("v1.0.0", tree(PACK))
    return registry


@pytest.fixture
def project(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project with an edit in every kind of item, and a file of its own in a skill."""
    write_manifest(sandbox, f"registries:\n  acme: {registry.url}\npacks:\n  acme/web: ^1\n")
    succeed(sandbox, "install", "--accept-grants")
    for path in EDITED:
        file = sandbox.project / ".claude" / path
        file.write_text(file.read_text() + MINE)
    (sandbox.project / ".claude" / OWN).write_text(MINE)
    return sandbox


def happens(renaming: Renaming, project: Sandbox, registry: GitRegistry) -> None:
    """Rename it, and take it."""
    if renaming.upstream is not None:
        registry.publish("v1.1.0", renaming.upstream)
    before = manifest_text(project)
    write_manifest(project, renaming.manifest(before))
    run = project.run("update" if manifest_text(project) == before else "install", "--accept-grants")
    if run.exit == 3 and "`agentsync install --merge`" in run.stderr:
        run = project.run("install", "--merge")
    assert run.exit == 0, run.stderr


def installed(project: Sandbox) -> dict[str, str]:
    """Every file in the tool's folder."""
    return {path: data.decode() for path, data in files_below(project.project / ".claude").items()}


@pytest.mark.parametrize("what", RENAMINGS)
def test_kept_edits_go_along(what: str, project: Sandbox, registry: GitRegistry, tmp_path: Path) -> None:
    """The patch is the new name's, nothing is left at the old one, and another machine gets the same."""
    renaming = RENAMINGS[what]
    succeed(project, "keep")
    happens(renaming, project, registry)
    files = installed(project)
    mine = {renaming.moved.get(path, path) for path in (*EDITED, OWN)}
    assert {path for path, text in files.items() if text.endswith(MINE)} == mine
    assert files.keys() == {renaming.moved.get(path, path) for path in (*PACK, OWN)}
    patches = files_below(project.project / ".agentsync/patches").keys() - {".gitattributes"}
    assert patches == {f"{renaming.pack}/.claude/{path}.patch" for path in mine}
    if not renaming.moved and renaming.upstream is None:
        assert not (project.project / ".agentsync/backup").exists()
    assert project.run("drift").exit == 0
    assert "nothing to do" in succeed(project, "install").stdout

    other = Sandbox(tmp_path / "other")
    for name in ("agentsync.yaml", "agentsync.lock"):
        shutil.copy(project.project / name, other.project)
    shutil.copytree(project.project / ".agentsync/patches", other.project / ".agentsync/patches")
    succeed(other, "install", "--locked", "--accept-grants")
    assert installed(other) == files


@pytest.mark.parametrize("what", RENAMINGS)
def test_local_edits_go_along(what: str, project: Sandbox, registry: GitRegistry) -> None:
    """The same for edits that are not kept; a file of the user's own in a skill stays where it is."""
    renaming = RENAMINGS[what]
    happens(renaming, project, registry)
    mine = {renaming.moved.get(path, path) for path in EDITED} | {OWN}
    assert {path for path, text in installed(project).items() if text.endswith(MINE)} == mine
    assert {path.removeprefix(".claude/"): drift for path, drift in drifts(project).items() if drift != "extra"} == (
        dict.fromkeys(mine - {OWN}, "edited")
    )
    left = {path for path in installed(project) if path in renaming.moved} - {OWN}
    assert not left


@pytest.mark.parametrize("what", ["alias", "prefix", "rename", "rename by path"])
def test_there_and_back(what: str, project: Sandbox, registry: GitRegistry) -> None:
    """What the manifest renames and then does not is as it was, patches included."""
    succeed(project, "keep")
    before = manifest_text(project), installed(project), files_below(project.project / ".agentsync/patches")
    happens(RENAMINGS[what], project, registry)
    write_manifest(project, before[0])
    succeed(project, "install", "--accept-grants")
    after = manifest_text(project), installed(project), files_below(project.project / ".agentsync/patches")
    assert after == before
