"""The templates of GitLab, their scripts run as a runner does; and what they leave for it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import pytest
import yaml

from tests.ci.shop import AGENT, as_cloned, git, newer
from tests.cli.http_server import running
from tests.git_registry import GitRegistry
from tests.needs import needs
from tests.programs import write_program
from tests.sandbox import Run, Sandbox

ROOT: Final = Path(__file__).resolve().parent.parent.parent
INPUTS: Final = ["stage", "image", "directory", "upstream", "fail-on", "version"]


def template(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The inputs of a template, and its one job."""
    text = (ROOT / f"templates/{name}.yml").read_text(encoding="utf-8")
    head, body = yaml.safe_load_all(text)
    (job,) = body.values()
    return head["spec"]["inputs"], job


def run(shop: Sandbox, name: str, variables: Mapping[str, str] = {}, **given: str) -> Run:
    """Run the script of a job with inputs, as GitLab fills them in, and with variables of the project."""
    inputs, job = template(name)
    values = {key: str(one["default"]) for key, one in inputs.items()}
    values = {key: value.lower() if value in ("True", "False") else value for key, value in values.items()}
    values |= {key.replace("_", "-"): value for key, value in given.items()}
    filled = dict(job["variables"])
    for key, value in values.items():
        filled = {word: text.replace(f"$[[ inputs.{key} ]]", value) for word, text in filled.items()}
    assert "[[" not in "".join((*filled.values(), *job["script"])), "an input would be read by the shell"
    write_program(shop.program.parent / "pip", f'echo "pip $*" >>{shop.root}/pip.log')
    ci = {"CI_PROJECT_DIR": str(shop.project), "CI_DEFAULT_BRANCH": "main"}
    script = "set -eo pipefail\n" + "\n".join(job["script"])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=shop.project,
        env=shop.environment(PATH=f"{shop.program.parent}:{shop.environment()['PATH']}", **filled, **ci, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Run(done.returncode, done.stdout, "")


def test_inputs() -> None:
    """Two have the same; what a job says is never made of them, but for stage, image and variables."""
    for name in ("drift", "update", "fleet"):
        inputs, job = template(name)
        assert (list(inputs) == INPUTS or name == "fleet") and inputs["stage"]["default"] == "test"
        rest = {key: value for key, value in job.items() if key not in ("stage", "image", "variables")}
        assert "$[[" not in json.dumps(rest)


@pytest.mark.slow
def test_drift(shop: Sandbox) -> None:
    """JUnit and Code Quality are written, and the job fails as `fail-on` says."""
    clean = run(shop, "drift", directory="web", version="1.4.2")
    assert clean.exit == 0, clean.stdout
    assert (shop.root / "pip.log").read_text(encoding="utf-8") == "pip install --quiet agentsync==1.4.2\n"
    assert json.loads((shop.project / "gl-code-quality-report.json").read_text(encoding="utf-8")) == []
    (shop.project / "web" / AGENT).write_text("mine\n", encoding="utf-8")
    assert run(shop, "drift", directory="web").exit == 1
    (issue,) = json.loads((shop.project / "gl-code-quality-report.json").read_text(encoding="utf-8"))
    assert (issue["check_name"], issue["location"]["path"]) == ("agentsync/edited", f"web/{AGENT}")
    suites = ElementTree.parse(shop.project / "agentsync-junit.xml").getroot()
    assert suites.get("failures") == "1"
    assert run(shop, "drift", directory="web", fail_on="error", upstream="true").exit == 0
    broken = run(shop, "drift", directory="no such", fail_on="error")
    assert broken.exit == 2 and not (shop.project / "agentsync-junit.xml").exists()


@needs("modes")
@pytest.mark.slow
def test_update(shop: Sandbox, registry: GitRegistry) -> None:
    """One merge request by the options of the push; what needs a yes stays, and a person's branch is left."""
    origin = shop.root / "shop.git"
    git(origin, "config", "receive.advertisePushOptions", "true")
    write_program(origin / "hooks/pre-receive", f"env | grep ^GIT_PUSH_OPTION_ | sort >{shop.root}/options")
    newer(registry)
    done = run(shop, "update", directory="svc")
    assert done.exit == 3 and "agent:b of acme/b gains exec" in done.stdout, done.stdout
    changed = git(origin, "diff", "--name-only", "main", "agentsync/update").splitlines()
    assert changed == [f"svc/{AGENT}", "svc/agentsync.lock"]
    options = (shop.root / "options").read_text(encoding="utf-8").splitlines()
    assert [line.partition("=")[2] for line in options if not line.startswith("GIT_PUSH_OPTION_COUNT")] == [
        "merge_request.create",
        "merge_request.target=main",
        "merge_request.title=Update agents",
        "merge_request.remove_source_branch",
    ]
    as_cloned(shop)
    git(shop.project, "commit", "--quiet", "--allow-empty", "-m", "By hand")
    git(shop.project, "push", "--quiet", "--force", "origin", "HEAD:refs/heads/agentsync/update")
    as_cloned(shop)
    assert "has commits of others" in run(shop, "update", directory="svc", fail_on="never").stdout


@pytest.mark.slow
def test_fleet(shop: Sandbox, registry: GitRegistry) -> None:
    """The projects of a group are listed page by page, looked at and reported; the token is in no file."""
    asked = list[tuple[str, str | None]]()
    pages = [[f"{shop.root}/shop.git"], [registry.url]]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = int(self.path.rpartition("page=")[2])
            asked.append((self.path.partition("?")[0], self.headers["PRIVATE-TOKEN"]))
            self.send_response(200)
            self.send_header("X-Next-Page", "2" if number == 1 else "")
            self.end_headers()
            self.wfile.write(json.dumps([{"http_url_to_repo": url} for url in pages[number - 1]]).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    (shop.project / "fleet.yaml").write_text("fleet: 1\nlists: [repositories.txt]\n", encoding="utf-8")
    with running(Handler) as url:
        variables = {"CI_API_V4_URL": url, "AGENTSYNC_FLEET_TOKEN": "glpat-secret"}
        done = run(shop, "fleet", variables, group="acme/all", fail_on="drift")
    assert done.exit == 0, done.stdout
    assert asked == [("/groups/acme%2Fall/projects", "glpat-secret")] * 2
    report = json.loads((shop.project / "fleet-report" / "report.json").read_text(encoding="utf-8"))
    assert report["summary"] == {"clean": 1, "unmanaged": 1}
    texts = [file.read_bytes() for file in shop.root.rglob("*") if file.is_file()]
    assert not any(b"glpat-secret" in text for text in texts)
