"""`pack check` and `registry check`: on what git would deliver, with the levels that files and the command line say."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from tests.checking.registries import GOOD, REGISTRY, SKILL, header
from tests.git_registry import File, plain_git_environment
from tests.needs import needs
from tests.sandbox import Sandbox

READER = "code/agents/reader.md"
NOTES = "docs/skills/notes/SKILL.md"
SARIF = Path(__file__).parents[1] / "data/sarif/sarif-schema-2.1.0.json"


class Kit:
    """A registry in a working tree, all of it committed."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.tree = sandbox.root / "kit"
        self.tree.mkdir()
        for path, data in GOOD.items():
            self.write(path, data)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Begin")

    def write(self, path: str, data: str | bytes | File) -> None:
        """Write a file of the tree."""
        where = self.tree / path
        where.parent.mkdir(parents=True, exist_ok=True)
        file = data if isinstance(data, File) else File(data)
        where.write_bytes(file.data.encode() if isinstance(file.data, str) else file.data)
        where.chmod(0o755 if file.executable else 0o644)

    def git(self, *arguments: str) -> str:
        """Run git there, and return what it prints."""
        who = {f"GIT_{role}_{key}": "a" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
        done = subprocess.run(
            ["git", *arguments], cwd=self.tree, env=plain_git_environment() | who, capture_output=True, check=True
        )
        return done.stdout.decode()

    def found(self, *words: str, exit_code: int = 0, kind: str = "registry") -> list[tuple[str, str, str]]:
        """Return rule, level and path of what a check finds."""
        document = self.sandbox.json("-C", str(self.tree), kind, "check", *words)
        assert document["exit"] == exit_code
        return [(one["rule"], one["level"], one["path"]) for one in document["data"]["findings"]]


@pytest.fixture
def kit(sandbox: Sandbox) -> Kit:
    """A registry in which nothing is to be mended."""
    return Kit(sandbox)


@needs("modes")
def test_what_git_would_deliver(kit: Kit) -> None:
    """New files count and ignored ones do not, as they are there; git's own index and objects stay as they were."""
    assert kit.found("--strict") == []
    before = (kit.git("status", "--porcelain"), sorted(Path(kit.tree / ".git").rglob("*")))
    kit.write("docs/agents/new.md", "No header\n")
    kit.write(".gitignore", "docs/agents/old.md\n")
    kit.write("docs/agents/old.md", "No header\n")
    (kit.tree / READER).unlink()
    assert kit.found(exit_code=1) == [
        ("header-missing", "error", "docs/agents/new.md"),
        ("pack-path-missing", "error", "registry.yaml"),
    ]
    assert kit.found("code", "--since", "HEAD", "--ref", "HEAD", kind="pack") == []
    assert kit.found("--ref", "HEAD") == [] == kit.found("--since", "HEAD", "--ref", "HEAD")
    assert before[0] == "" and sorted(Path(kit.tree / ".git").rglob("*")) == before[1]
    kit.git("config", "core.autocrlf", "true")
    kit.git("checkout", "--quiet", "--", READER)
    kit.write(READER, header(name="reader").replace("\n", "\r\n"))
    kit.write("docs/agents/new.md", header(name="new").replace("\n", "\r\n"))
    assert kit.found() == []


@needs("modes")
def test_levels(kit: Kit) -> None:
    """The command line's word counts before the pack's, that before the registry's; what is refused stays an error."""
    kit.write(NOTES, SKILL.replace("name: notes", "name: Notes\nversion: 1.0"))
    assert {level for _, level, _ in kit.found()} == {"warning"}
    kit.write(
        "registry.yaml", f"{REGISTRY}checks: {{ agentskills: error }}\nchecks-except: {{ skill-field: [docs] }}\n"
    )
    assert kit.found(exit_code=1) == [("skill-name", "error", NOTES), ("skill-name-folder", "error", NOTES)]
    kit.write("docs/pack.yaml", "checks: { skill-name: note }\nchecks-except: { skill-name-folder: ['skills/*'] }\n")
    assert kit.found() == [("skill-name", "note", NOTES)]
    assert kit.found("--rule", "skill-name=warning", "--strict", exit_code=1) == [("skill-name", "warning", NOTES)]
    assert kit.found("--rule", "agentskills=off") == []
    kit.write(READER, f"{header()}a\u202eb\n")
    for words in (("--rule", "hidden-text=off"), ("--rule", "hidden-text=note")):
        assert ("hidden-text", "error", READER) in kit.found(*words, exit_code=1)
    run = kit.sandbox.run("-C", str(kit.tree), "registry", "check", "--rule", "hidden-text=off")
    assert run.stderr == "note: hidden-text: what `install` refuses stays an error\n"


def test_one_pack(kit: Kit) -> None:
    """A pack of a registry has its name there; paths start from its folder, or for other programs from the top."""
    kit.write(READER, header(description=""))
    kit.write(NOTES, "No header\n")
    run = kit.sandbox.run("-C", str(kit.tree), "pack", "check", "code", "--json")
    data = json.loads(run.stdout)["data"]
    assert (run.exit, data["clean"], data["summary"]) == (1, False, {"error": 1, "warning": 0, "note": 0})
    assert data["packs"] == [{"pack": "code", "path": ".", "items": 1, "grants": ["read"]}]
    assert data["findings"] == [
        {
            "rule": "description-missing",
            "level": "error",
            "pack": "code",
            "item": "agent:reader",
            "path": "agents/reader.md",
            "line": 1,
            "column": 1,
            "what": "it has no description",
            "fix": "say what it does, and when to use it",
        }
    ]
    texts = {form: _text(kit, form) for form in ("text", "github", "markdown", "junit")}
    assert texts["text"].split("\n")[:2] == [
        "error agents/reader.md:1:1 description-missing it has no description",
        "  fix: say what it does, and when to use it",
    ]
    assert texts["github"].startswith(f"::error file={READER},line=1,col=1,title=agentsync%3A description-missing::it")
    assert "| `agents/reader.md:1:1` | `description-missing` |" in texts["markdown"]
    assert '<testcase classname="." name="code">' in texts["junit"] and 'failures="1"' in texts["junit"]
    log = json.loads(_text(kit, "sarif"))
    assert Draft4Validator(json.loads(SARIF.read_text(encoding="utf-8"))).is_valid(log)
    (result,) = log["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (result["ruleId"], result["level"]) == ("agentsync/description-missing", "error")
    assert place["artifactLocation"]["uri"] == READER and place["region"] == {"startLine": 1, "startColumn": 1}
    (issue,) = json.loads(_text(kit, "gitlab"))
    assert issue["location"] == {"path": READER, "lines": {"begin": 1}}


def _text(kit: Kit, form: str) -> str:
    run = kit.sandbox.run("-C", str(kit.tree), "pack", "check", "code", "--format", form)
    assert run.exit == 1 and not run.stderr
    return run.stdout


def test_what_cannot_be_checked(kit: Kit) -> None:
    """A mistake in the command line is one, a repository that git cannot read another; a faulty list is neither."""
    for words, hint in (
        (("registry", "check", "nowhere"), "there is no folder"),
        (("registry", "check", "--rule", "skill-nmae=off"), "did you mean `skill-name`?"),
        (("registry", "check", "--rule", "skill-name=loud"), "is no level"),
        (("registry", "check", "--ref", "nope"), "no revision"),
        (("registry", "check", "--format", "xml"), "unknown format"),
    ):
        run = kit.sandbox.run("-C", str(kit.tree), *words)
        assert run.exit == 2 and hint in run.stderr
    kit.write("registry.yaml", "registry: 1\npacks: { docs: { pth: docs } }\n")
    assert kit.found(exit_code=1) == [("registry-invalid", "error", "registry.yaml")]
    wrong = "registry: 1\nnmae: x\nchecks: {a: b}\npacks:\n  docs: {pth: docs, tags: v, yanked: 3}\n  A b:\n    {}\n"
    kit.write("registry.yaml", f"{wrong}  c:\n    path: ../x\n  d: [1]\nrenames: {{old: gone, older: gone}}\n")
    run = kit.sandbox.run("-C", str(kit.tree), "registry", "check", "--json")
    found = [one for one in json.loads(run.stdout)["data"]["findings"] if one["level"] == "error"]
    told = [(one["line"], one["column"]) for one in found]
    assert told == [(2, 1), (3, 13), (5, 10), (5, 27), (5, 38), (6, 3), (9, 11), (10, 6), (11, 16), (11, 29)]
    (kit.tree / ".git" / "HEAD").write_text("nonsense\n")
    run = kit.sandbox.run("-C", str(kit.tree), "registry", "check")
    assert run.exit == 3 and "git cannot read" in run.stderr
    alone = kit.sandbox.root / "alone"
    (alone / "agents").mkdir(parents=True)
    (alone / "agents" / "a.md").write_text(header(name="a"))
    assert kit.sandbox.run("pack", "check", str(alone)).stdout.startswith("warning .:1:1 pack-undescribed ")
