"""The action in a repository with two projects: what it prints, writes, asks the API for, and pushes."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from action.runner import ActionError, read_inputs
from agentsync.model.schemas import SCHEMAS
from tests.ci.runner import ACTION, ROOT, Job, serving
from tests.ci.shop import AGENT, SECOND, as_cloned, git, newer
from tests.cli.project import succeed
from tests.git_registry import GitRegistry
from tests.needs import needs
from tests.programs import write_program
from tests.sandbox import Sandbox

pytestmark = pytest.mark.slow

PULL: Final[dict[str, Any]] = {"pull_request": {"number": 7, "head": {"repo": {"full_name": "acme/shop"}}}}


def test_what_the_file_says() -> None:
    """Inputs and outputs are those of the guide, other actions are pinned, and no input is read by a shell."""
    guide = (ROOT / "docs/guides/ci.md").read_text(encoding="utf-8")
    for name in (*ACTION["inputs"], *ACTION["outputs"]):
        assert f"`{name}`" in guide, name
    steps = ACTION["runs"]["steps"]
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"]) for step in steps if "uses" in step)
    assert all("${{" not in step.get("run", "") for step in steps)
    holders = [step for step in steps if "github.token" in str(step)]
    assert [step["if"].partition(" == ")[0] for step in holders] == ["inputs.comment", "inputs.pull-request"]


def test_drift(shop: Sandbox) -> None:
    """Two projects, one with an edit: annotations, summary, files and outputs name the file in the repository."""
    both = "svc\nweb\n"
    clean = Job(shop).run(working_directory=both, annotations="false")
    assert (clean.exit, clean.outputs["clean"], clean.outputs["drifted"]) == (0, "true", "0"), clean.log
    (shop.project / "svc" / AGENT).write_text("::error::mine\n", encoding="utf-8")
    job = Job(shop).run(working_directory=both, sarif="out/drift.sarif", fail_on="error")
    assert (job.exit, job.with_token) == (0, []), job.log
    assert {key: job.outputs[key] for key in ("exit-code", "clean", "drifted", "outdated", "pull-request")} == {
        **{"exit-code": "1", "clean": "false", "drifted": "1", "outdated": "0", "pull-request": ""},
    }
    assert f"::error file=svc/{AGENT},title=agentsync%3A edited::" in job.log
    assert "<code>svc</code>" in job.summary and f"`{AGENT}`" in job.summary
    assert Path(job.outputs["report"]).read_text(encoding="utf-8") == job.summary
    first, second = json.loads(Path(job.outputs["json"]).read_text(encoding="utf-8"))
    assert (first["command"], first["exit"], second["exit"]) == ("drift", 1, 0)
    runs = json.loads((shop.project / "out/drift.sarif").read_text(encoding="utf-8"))["runs"]
    assert [run["automationDetails"]["id"] for run in runs] == ["agentsync/svc/", "agentsync/web/"]
    assert f'"svc/{AGENT}"' in json.dumps(runs)
    quiet = Job(shop).run(working_directory="svc", annotations="false", summary="false")
    assert (quiet.exit, quiet.summary, "::error" in quiet.log) == (1, "", False)
    assert Job(shop).run(working_directory="svc", annotations="false", fail_on="never").exit == 0


def test_registries_and_mistakes(shop: Sandbox, registry: GitRegistry) -> None:
    """`upstream` counts what is newer, `strict` fails for what is only told, and a mistake is one line."""
    registry.publish("a/v2.0.0", SECOND)
    told = Job(shop).run(working_directory="web", upstream="true")
    assert (told.exit, told.outputs["clean"], told.outputs["outdated"]) == (0, "true", "1"), told.log
    strict = Job(shop).run(working_directory="web", upstream="true", strict="true")
    assert (strict.exit, strict.outputs["clean"]) == (1, "false")
    nowhere = Job(shop).run(working_directory="no%where", fail_on="error")
    assert nowhere.exit == 2 and "::error title=agentsync::no%25where: cannot go to the folder" in nowhere.log
    mistaken = Job(shop).run(fail_on="$(id)")
    assert mistaken.exit == 2 and mistaken.log.startswith("::error title=agentsync::fail-on: '$(id)' is none of")
    installed = Job(shop).run(command="install", working_directory="web")
    assert installed.exit == 0 and "nothing to do" in installed.summary
    assert Job(shop).run(command="verify", working_directory="web").outputs["clean"] == "true"


def test_one_comment(shop: Sandbox) -> None:
    """It is written, edited and removed; those of others are left; a fork's report is in the summary."""
    edited = shop.project / "svc" / AGENT
    with serving() as (api, variables):
        job = Job(shop, variables, event=PULL)
        others = [{"id": number, "body": "Hello", "user": {"type": "User"}} for number in range(99)]
        forged = {"id": 99, "body": "<!-- agentsync:svc -->\nMine", "user": {"type": "User"}}
        api.comments = [*others, forged, {"id": 100, "body": "I am a bot", "user": {"type": "Bot"}}]
        known = [dict(one) for one in api.comments]
        edited.write_text("mine\n", encoding="utf-8")
        job.run(working_directory="svc", comment="true", summary="false", fail_on="never")
        assert (job.exit, job.with_token, job.summary) == (0, ["Comment on the pull request"], ""), job.log
        (mine,) = api.comments[101:]
        assert mine["body"].startswith("<!-- agentsync:svc -->\n**agentsync drift**: 1 file drifted")
        edited.with_name("b.md").unlink()
        job.run(working_directory="svc", comment="true", annotations="false", fail_on="never")
        assert api.comments[101:] == [mine] and "2 files drifted" in mine["body"]
        api.status = 403
        job.run(working_directory="svc", comment="true", annotations="false")
        assert job.exit == 1 and "::warning title=agentsync::" in job.log and "2 files drifted" in job.summary
        api.status, api.calls = 0, []
        succeed(shop, "-C", "svc", "restore")
        job.run(working_directory="svc", comment="true", annotations="false")
        assert (job.exit, api.comments) == (0, known)
        assert [call.partition(" ")[0] for call in api.calls] == ["GET", "GET", "DELETE"]
        head = {"repo": {"full_name": "kim/shop"}}
        api.calls.clear()
        of_fork = {"pull_request": {"number": 7, "head": head}}
        fork = Job(shop, variables | {"GITHUB_EVENT_NAME": "pull_request"}, event=of_fork)
        fork.run(working_directory="svc", comment="true", summary="false")
        assert (fork.exit, api.calls) == (0, []) and "agentsync drift" in fork.summary


def test_one_pull_request(shop: Sandbox, registry: GitRegistry) -> None:
    """It has what needs no yes, is a draft while something does, and is refreshed; a person's commit stays."""
    newer(registry)
    at_main = {"GITHUB_REF_TYPE": "branch", "GITHUB_REF_NAME": "main"}
    asked = {"command": "update", "working_directory": "svc", "pull_request": "true", "annotations": "false"}
    origin = shop.root / "shop.git"

    def changed() -> list[str]:
        return git(origin, "diff", "--name-only", "main", "agentsync/update").splitlines()

    with serving() as (api, variables):
        (shop.project / "notes.txt").write_text("not mine\n", encoding="utf-8")
        job = Job(shop, at_main | variables).run(**asked)
        assert (job.exit, job.with_token) == (0, ["Propose the update"]), job.log
        assert changed() == [f"svc/{AGENT}", "svc/agentsync.lock"]
        (pull,) = api.pulls
        assert (pull["head"], pull["base"], pull["draft"]) == ("agentsync/update", "main", True)
        assert job.outputs["pull-request"] == str(pull["number"])
        assert "- <code>acme/a</code> <code>1.0.0</code> → <code>1.1.0</code>" in pull["body"]
        assert "Say two &#124; &#60;b&#62;" in pull["body"] and "<b>" not in pull["body"]
        assert "agent&#58;b</code> of <code>acme/b</code>: <code>exec</code>" in pull["body"]
        as_cloned(shop)
        tip = git(origin, "rev-parse", "agentsync/update")
        again = Job(shop, at_main | variables).run(**asked)
        assert (again.exit, len(api.pulls), git(origin, "rev-parse", "agentsync/update")) == (0, 1, tip), again.log
        git(shop.project, "fetch", "--quiet", "origin", "agentsync/update")
        git(shop.project, "checkout", "--quiet", "--force", "FETCH_HEAD")
        git(shop.project, "commit", "--quiet", "--allow-empty", "-m", "By hand")
        git(shop.project, "push", "--quiet", "origin", "HEAD:refs/heads/agentsync/update")
        tip = git(origin, "rev-parse", "agentsync/update")
        as_cloned(shop)
        left = Job(shop, at_main | variables).run(**asked)
        assert left.exit == 0 and "has commits of others" in left.log
        assert git(origin, "rev-parse", "agentsync/update") == tip


@needs("modes")
def test_how_it_is_installed(sandbox: Sandbox) -> None:
    """From the action's own files, or the version that is named; by uv where there is one; never as an option."""
    log = sandbox.root / "log"
    programs = sandbox.root / "fake"
    made = 'for last; do :; done; case "$*" in *venv*) mkdir -p "$last/bin" && cp "$0" "$last/bin/python";; esac'
    python = write_program(programs / "python3", f'printf "%s\\n" "python $*" >>{log}\n{made}')

    def run(version: str = "") -> tuple[Job, list[str]]:
        log.write_text("", encoding="utf-8")
        job = Job(sandbox, {"PATH": f"{programs}:/usr/bin:/bin"}, installs=True).run(version=version)
        return job, log.read_text(encoding="utf-8").splitlines()

    job, lines = run()
    assert lines[0].startswith("python -c import sys") and " -m venv " in lines[1], job.log
    assert lines[2] == f"python -m pip install --quiet --disable-pip-version-check {ROOT}"
    assert run("1.4.2")[1][2].endswith(" agentsync==1.4.2")
    assert run("git+https://git.acme.example/a.git")[1][2].endswith(" git+https://git.acme.example/a.git")
    assert run("--index-url=x")[0].exit == 2
    (programs / "uv").write_bytes(python.read_bytes().replace(b"python $*", b"uv $*"))
    (programs / "uv").chmod(0o755)
    _, lines = run("1.4.2")
    assert [line.split()[:2] for line in lines[1:3]] == [["uv", "venv"], ["uv", "pip"]]
    assert lines[2].endswith("/bin/python agentsync==1.4.2")


def test_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """An input that makes no sense is told; folders are named once each."""
    for name, one in ACTION["inputs"].items():
        monkeypatch.setenv(f"INPUT_{name.upper().replace('-', '_')}", str(one["default"]))
    inputs = read_inputs()
    assert (inputs.command, inputs.folders, inputs.fail_on, inputs.summary) == ("drift", (".",), "drift", True)
    monkeypatch.setenv("INPUT_WORKING_DIRECTORY", " a b \n\nc\na b\n")
    assert read_inputs().folders == ("a b", "c")
    for name, value in (("COMMAND", "drop"), ("STRICT", "yes"), ("FAIL_ON", "always")):
        with monkeypatch.context() as patch, pytest.raises(ActionError, match=value):
            patch.setenv(f"INPUT_{name}", value)
            read_inputs()


@pytest.mark.long
def test_installed_as_it_is(shop: Sandbox) -> None:
    """All steps, with the real pip: what is installed has its schemas, and checks a registry by its path in git."""
    job = Job(shop, installs=True).run(working_directory="web")
    assert (job.exit, job.outputs["clean"]) == (0, "true"), job.log
    (programs,) = shop.root.glob("runner/agentsync-*/programs")
    agentsync = next(programs.glob("*/agentsync*"))
    for name in SCHEMAS:
        assert json.loads(subprocess.run([agentsync, "schema", name], check=True, capture_output=True).stdout)
    (shop.project / "kit").mkdir()
    (shop.project / "kit/registry.yaml").write_text("registry: 1\npakcs: {}\n", encoding="utf-8")
    broken = Job(shop).run(command="registry-check", working_directory="kit")
    assert broken.exit == 1 and "::error file=kit/registry.yaml,line=2,col=1," in broken.log, broken.log
    assert (broken.outputs["clean"], broken.outputs["drifted"]) == ("false", "0")
