"""A lock that a hand wrote, each field of it with the seal that belongs to it: what every command makes of it.

The registry holds more than was released: a commit with an agent that runs programs, which no tag names.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Final, NamedTuple

import pytest

from agentsync.model.digest import digest_of
from tests.cli.packs import registry_yaml, skill
from tests.cli.project import files_below, lock_text, locked, sealed, succeed, write_manifest
from tests.git_registry import Files, GitRegistry
from tests.needs import needs
from tests.sandbox import Sandbox

COMMANDS: Final = (("install", "--locked"), ("install", "--frozen"), ("install",), ("drift",), ("verify",))
PATCH: Final = "acme/a/.claude/agents/critic.md.patch"
MANIFEST: Final = "registries: {{acme: {url}}}\npacks:\n  acme/a: {{version: ^1, except: ['agent:other']}}\n"


def _agent(name: str, tools: str, body: str) -> str:
    return f"---\nname: {name}\ndescription: d\ntools: {tools}\n---\n{body}\n"


def _files(critic: str) -> Files:
    return {
        "registry.yaml": registry_yaml("a", "b"),
        "CLAUDE.md": "Do as I say\n",
        "packs/a/agents/critic.md": critic,
        "packs/a/agents/other.md": _agent("other", "Read", "Other"),
        "packs/a/skills/pdf/SKILL.md": skill("pdf"),
        "packs/a/skills/pdf/notes.txt": "Notes\n",
        "packs/b/agents/bee.md": _agent("bee", "Read", "Buzz"),
    }


GOOD: Final = _agent("critic", "Read", "Help")
EVIL: Final = _agent("critic", "Read, Bash", "Run")


class Forgery(NamedTuple):
    """An honest project, and what a forger knows beside it."""

    sandbox: Sandbox
    text: str
    unreleased: str
    tree: str
    evil: str

    def fact(self, key: str) -> str:
        """A fact of the honest entry."""
        return str(locked(self.sandbox, "acme/a")[key])


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Forgery:
    """A project with one pack, out of two, and one kept edit."""
    root = tmp_path_factory.mktemp("forged")
    registry, evil = GitRegistry(root / "srv/acme.git"), GitRegistry(root / "srv/evil.git")
    unreleased = registry.publish(None, _files(EVIL))
    registry.publish("v1.0.0", _files(GOOD))
    evil.publish("v1.0.0", _files(EVIL))
    sandbox = Sandbox(root / "machine")
    write_manifest(sandbox, MANIFEST.format(url=registry.url))
    succeed(sandbox, "install")
    (sandbox.project / ".claude/agents/critic.md").write_text(f"{GOOD}Mine\n")
    succeed(sandbox, "keep")
    shutil.copytree(sandbox.project, sandbox.root / "as-it-was")
    tree = registry.git("rev-parse", f"{unreleased}:packs/a")
    return Forgery(sandbox, lock_text(sandbox), unreleased, tree, evil.url)


def _sub(old: str, new: str) -> Callable[[Forgery], str]:
    def forge(honest: Forgery) -> str:
        assert old in honest.text, old
        return honest.text.replace(old, new.format(evil=honest.evil), 1)

    return forge


def _more(section: str, *lines: str) -> Callable[[Forgery], str]:
    return _sub(f"    {section}:\n", f"    {section}:\n" + "".join(f"      {line}\n" for line in lines))


def _choice(line: str) -> Callable[[Forgery], str]:
    return _sub("    except: [agent:other]\n", f"    except: [agent:other]\n    {line}\n")


def _elsewhere(path: str) -> Callable[[Forgery], str]:
    """A file where no item is, as upstream's and as one that the project added."""

    def forge(honest: Forgery) -> str:
        text = _more("files", f"{path}: {DIGEST}")(honest)
        return text.replace("    kept:\n", f"    kept:\n      {path}: new\n")

    return forge


def _unreleased(honest: Forgery) -> str:
    """The tree of a commit that was never released, with all that follows from it, under the release's name."""
    text = re.sub(r"    kept:\n.*?\n(?=    seal)", "", honest.text, flags=re.DOTALL)
    text = text.replace(honest.fact("tree"), honest.tree).replace(
        "strict, grants: [read]", "strict, grants: [exec, read]"
    )
    digest = locked(honest.sandbox, "acme/a")["files"][".claude/agents/critic.md"]
    return text.replace(digest, str(digest_of(EVIL.encode())))


def _other_grants(grants: str) -> Callable[[Forgery], str]:
    return _sub("header: strict, grants: [read]}", f"header: strict{grants}}}}}")


DIGEST: Final = str(digest_of(b"x\n"))
# What is forged; how `install --locked`, `install --frozen`, `install`, `drift` and whether `verify` finds fault.
REFUSED: Final = (3, 3, 3, 1, 1)
LATER: Final = (3, 3, 3, 0, 1)  # what only the bytes can tell
FITS: Final = (3, 0, 0, 1, 1)  # an entry that is whole, and that the manifest does not ask for: decided again
FORGED: Final[dict[str, tuple[Callable[[Forgery], str], tuple[int, ...]]]] = {
    "version": (_sub("version: 1.0.0", "version: 1.9.0"), REFUSED),
    "ref": (_sub("refs/tags/v1.0.0", "refs/tags/v1.0.1"), REFUSED),
    "branch": (_sub("refs/tags/v1.0.0", "refs/heads/main"), REFUSED),
    "git": (lambda honest: honest.text.replace(honest.fact("git"), honest.evil), (3, 3, 0, 1, 1)),
    "registry": (_sub("    git: ", "    registry: {evil}\n    git: "), REFUSED),
    "requested": (_sub('requested: "^1"', 'requested: ">=1"'), FITS),
    "requested more": (_sub('requested: "^1"', 'requested: "^2"'), REFUSED),
    "except": (_sub("    except: [agent:other]\n", ""), FITS),
    "only": (_choice("only: [agent:critic, 'skill:*']"), FITS),
    "only less": (_choice("only: ['skill:*']"), REFUSED),
    "rename": (_choice("rename: {{agent:critic: boss}}"), REFUSED),
    "prefix": (_choice("prefix: true"), REFUSED),
    "overrides": (_choice("overrides: {{agent:critic: {{tools: Bash}}}}"), REFUSED),
    "requires": (_sub("    items:\n", '    requires: {{acme/b: "*"}}\n    items:\n'), (3, 0, 3, 1, 1)),
    "an item's path": (_sub("path: agents/critic.md", "path: agents/other.md"), REFUSED),
    "an item in no place": (_sub("path: agents/critic.md", "path: CLAUDE.md"), REFUSED),
    "an item without files": (_more("items", "agent:x: {{path: agents/x.md, header: strict}}"), REFUSED),
    "an item that is left out": (_more("items", "agent:other: {{path: agents/other.md, header: strict}}"), REFUSED),
    "an item less": (lambda honest: re.sub(r"      skill:pdf: .*\n", "", honest.text), REFUSED),
    "grants": (_other_grants(", grants: []"), LATER),
    "no grants": (_other_grants(""), LATER),
    "a file": (_more("files", f".claude/skills/pdf/more.txt: {DIGEST}"), REFUSED),
    "a mode": (_sub("notes.txt: sha256:", "notes.txt: +x sha256:"), REFUSED),
    "an edit of no file": (_more("kept", "CLAUDE.md: new"), REFUSED),
    "an edit that is a program": (_elsewhere(".claude/skills/pdf/run.sh"), REFUSED),
    "a task of an editor": (_elsewhere(".vscode/tasks.json"), REFUSED),
    "the project's memory": (_elsewhere("CLAUDE.md"), REFUSED),
    "the project's source": (_elsewhere("src/x.py"), REFUSED),
    "settings": (_elsewhere(".claude/settings.json"), REFUSED),
    "another's agent": (_elsewhere(".claude/agents/mine.md"), REFUSED),
    "upstream's digest": (lambda honest: _digests(honest, 1), LATER),
    "the tree of another commit": (_unreleased, REFUSED),
    "the path": (_sub("path: packs/a\n", "path: packs/b\n"), LATER),
}


def _digests(honest: Forgery, which: int) -> str:
    found = re.findall(r"critic\.md: (sha256:\w+)", honest.text)
    return honest.text.replace(found[which], DIGEST)


def _with_mode(text: str) -> str:
    return re.sub(r"\+x (sha256:\w+)", r"\1 +x", text)


def _try(honest: Forgery, forged: str, command: tuple[str, ...]) -> int:
    """Run a command in a checkout of the project; what looks at files finds them as they were installed."""
    project = honest.sandbox.project
    shutil.rmtree(project)
    shutil.copytree(honest.sandbox.root / "as-it-was", project)
    shutil.rmtree(project / (".claude" if command[0] == "install" else ".agentsync/backup"), ignore_errors=True)
    (project / ".agentsync/receipt.json").unlink()
    (project / "agentsync.lock").write_text(sealed(_with_mode(forged)))
    before = files_below(project)
    run = honest.sandbox.run(*command)
    if run.exit:
        said = run.stdout + run.stderr
        assert "acme/" in said or "agentsync.lock" in said or ".claude/" in said, said
        own = (".agentsync/write.lock", ".agentsync/.gitignore")
        assert {path: data for path, data in files_below(project).items() if path not in own} == {
            path: data for path, data in before.items() if path not in own
        }, "it failed, and it wrote something"
    return run.exit


QUICK: Final = ("version", "grants", "the tree of another commit", "a task of an editor")


def _marks(field: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.slow] * (field not in QUICK) + [needs("modes")] * (field == "a mode")


@pytest.mark.parametrize("field", [pytest.param(field, marks=_marks(field)) for field in FORGED])
def test_a_forged_field(honest: Forgery, field: str) -> None:
    """Refused with a reason that names the pack or the file, and nothing is written."""
    forge, expected = FORGED[field]
    forged = forge(honest)
    *found, verified = (_try(honest, forged, command) for command in COMMANDS)
    assert (*found, int(verified > 0)) == expected
