"""A runner of GitHub, as far as `action.yml` needs one: expressions, files, steps in bash; and the API on loopback."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.sandbox import Sandbox

ROOT: Final = Path(__file__).resolve().parent.parent.parent
ACTION: Final[dict[str, Any]] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
TOKEN: Final = "ghs_secret"
REPOSITORY: Final = "acme/shop"
_WORD: Final = re.compile(r"[a-z]+(?:\.[\w-]+)+")


class Job:
    """One job in a checkout, the sandbox's project by default.

    Args:
        variables: those of the runner that differ from job to job.
        event: what started the workflow.
        installs: whether agentsync is installed as the action does it; else it is the sandbox's own.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        variables: Mapping[str, str] = {},
        *,
        event: Mapping[str, Any] = {},
        installs: bool = False,
    ) -> None:
        self.sandbox, self.installs = sandbox, installs
        self.temp = sandbox.root / "runner"
        self.temp.mkdir(exist_ok=True)
        (self.temp / "event.json").write_text(json.dumps(event), encoding="utf-8")
        self.variables = {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_EVENT_NAME": "push", **variables}
        self.log = self.summary = ""
        self.outputs: dict[str, str] = {}
        self.exit = 0
        self.with_token: list[str] = []  # the steps that had one

    def run(self, **inputs: str) -> Job:
        """Run the action's steps with inputs, given with `_` for `-`."""
        given = {name: str(one["default"]) for name, one in ACTION["inputs"].items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        assert given.keys() == ACTION["inputs"].keys()
        known = {"github.token": TOKEN, "runner.temp": str(self.temp), "runner.os": "Linux"}
        known |= {f"inputs.{name}": value for name, value in given.items()}
        if not self.installs:
            known["steps.install.outputs.programs"] = str(self.sandbox.program.parent)
        self.exit, self.log, self.summary, self.with_token = 0, "", "", []
        for step in ACTION["runs"]["steps"]:
            if "run" in step and (self.installs or step.get("id") not in ("install", "python")):
                self._step(step, known)
        self.outputs = {name: _evaluated(str(one["value"]), known) for name, one in ACTION["outputs"].items()}
        return self

    def _step(self, step: Mapping[str, Any], known: dict[str, str]) -> None:
        if self.exit or not _holds(step.get("if", "true"), known):
            return
        assert "${{" not in step["run"], "what an input says would be read by the shell"
        values = {name: _evaluated(str(value), known) for name, value in step.get("env", {}).items()}
        if TOKEN in values.values():
            self.with_token.append(step["name"])
        output, summary, path = (self.temp / name for name in ("output", "summary", "path"))
        for file in (output, summary, path):
            file.write_text("", encoding="utf-8")
        environment = self.sandbox.environment(
            GITHUB_ACTION_PATH=str(ROOT),
            GITHUB_EVENT_PATH=str(self.temp / "event.json"),
            GITHUB_OUTPUT=str(output),
            GITHUB_PATH=str(path),
            GITHUB_STEP_SUMMARY=str(summary),
            RUNNER_TEMP=str(self.temp),
            **self.variables,
        )
        script = self.temp / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.sandbox.project,
            env={**environment, **values, "AGENTSYNC_CACHE_DIR": str(self.sandbox.cache)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.log += done.stdout
        self.summary += summary.read_text(encoding="utf-8")
        self.exit = done.returncode
        for line in output.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            known[f"steps.{step['id']}.outputs.{name}"] = value


def _evaluated(text: str, known: Mapping[str, str]) -> str:
    """A value of the action file, its expressions replaced: a name, or the first of several that says anything."""

    def value(match: re.Match[str]) -> str:
        parts = [part.strip() for part in match[1].split("||")]
        return next((said for part in parts if (said := part[1:-1] if part[0] == "'" else known.get(part, ""))), "")

    return re.sub(r"\$\{\{(.*?)\}\}", value, text)


def _holds(condition: str, known: Mapping[str, str]) -> bool:
    def compared(part: str) -> bool:
        left, is_comparison, right = part.partition("==")
        assert is_comparison or left.strip() == "true", condition
        return not is_comparison or known.get(left.strip(), "") == right.strip().strip("'")

    return all(compared(part) for part in condition.split("&&"))


class Api:
    """What GitHub knows of one repository, and what it was asked."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.status = 0  # to answer everything with, 0 for the real answer
        self.has_drafts = True

    def answer(self, method: str, target: str, data: Any) -> tuple[int, Any]:
        """Answer a request as the documentation of the REST interface says."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.calls.append(f"{method} {parts.path}")
        if self.status:
            return self.status, {"message": "no"}
        if parts.path == "/graphql":
            (pull,) = (one for one in self.pulls if one["node_id"] == data["variables"]["id"])
            pull["draft"] = True
            return 200, {"data": {}}
        rest = parts.path.removeprefix(f"/repos/{REPOSITORY}/")
        if comment := re.fullmatch(r"issues/comments/(\d+)", rest):
            (one,) = (one for one in self.comments if one["id"] == int(comment[1]))
            return self._changed(self.comments, one, method, data)
        if rest == "issues/7/comments":
            return self._listed(self.comments, query, method, {"user": {"type": "Bot"}, **(data or {})})
        if request := re.fullmatch(r"pulls/(\d+)", rest):
            (one,) = (one for one in self.pulls if one["number"] == int(request[1]))
            return self._changed(self.pulls, one, method, data)
        assert rest == "pulls", rest
        if method == "POST" and data.get("draft") and not self.has_drafts:
            return 422, {"message": "Draft pull requests are not supported in this repository."}
        return self._listed(self.pulls, query, method, data)

    def _changed(self, rows: list[Any], one: Any, method: str, data: Any) -> tuple[int, Any]:
        if method == "DELETE":
            rows.remove(one)
            return 204, None
        one.update(data)
        return 200, one

    def _listed(self, rows: list[Any], query: Mapping[str, str], method: str, data: Any) -> tuple[int, Any]:
        if method == "GET":
            size = int(query.get("per_page", 30))
            start = (int(query.get("page", 1)) - 1) * size
            return 200, rows[start : start + size]
        number = 1 + max((one["id"] for one in rows), default=10)
        rows.append({"id": number, "number": number, "node_id": f"PR_{number}", **data})
        return 201, rows[-1]


@contextmanager
def serving() -> Iterator[tuple[Api, dict[str, str]]]:
    """Serve the API on loopback, to callers with the token; yield it with the variables that name it."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            data = json.loads(self.rfile.read(size)) if size else None
            is_known = self.headers["Authorization"] == f"Bearer {TOKEN}"
            status, answer = api.answer(self.command, self.path, data) if is_known else (401, {})
            body = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PATCH = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        yield api, {"GITHUB_API_URL": url, "GITHUB_GRAPHQL_URL": f"{url}/graphql", "GITHUB_SERVER_URL": url}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
