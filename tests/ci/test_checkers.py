"""Other programs that know the formats: check-jsonschema with its own schemas, the language server of editors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, Final

import pytest

from agentsync.model.schemas import SCHEMAS, editor_line
from tests.ci.npm import installed
from tests.loaders.packages import node

ROOT: Final = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.long


def check(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run check-jsonschema, which asks no network for its own schemas."""
    pytest.importorskip("check_jsonschema")
    line = [sys.executable, "-m", "check_jsonschema", *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True)


def test_files_for_other_programs(tmp_path: Path) -> None:
    """The action, the preset and the templates are what their readers' schemas ask for."""
    files: list[tuple[str, Path]] = [
        ("github-actions", ROOT / "action.yml"),
        ("renovate", ROOT / "renovate/default.json"),
    ]
    for name in ("drift", "update", "fleet"):
        body = tmp_path / f"{name}.yml"
        # The head of a component is a document of its own, which the schema does not know.
        text = (ROOT / f"templates/{name}.yml").read_text(encoding="utf-8").partition("\n---\n")[2]
        body.write_text(text, encoding="utf-8")
        files.append(("gitlab-ci", body))
    for schema, path in files:
        done = check("--builtin-schema", f"vendor.{schema}", path)
        assert done.returncode == 0, done.stdout
    broken = tmp_path / "action.yml"
    broken.write_text((ROOT / "action.yml").read_text(encoding="utf-8").replace("using:", "usign:"), encoding="utf-8")
    assert check("--builtin-schema", "vendor.github-actions", broken).returncode == 1


def test_schemas(tmp_path: Path) -> None:
    """They are schemas, and check a file with its first line for editors."""
    folder = ROOT / "agentsync/schemas/1"
    assert check("--check-metaschema", *(folder / f"{name}.json" for name in SCHEMAS)).returncode == 0
    manifest = tmp_path / "agentsync.yaml"
    manifest.write_text(f"{editor_line('manifest')}packs:\n  mine: {{path: ../mine}}\n", encoding="utf-8")
    assert check("--schemafile", folder / "manifest.json", manifest).returncode == 0
    manifest.write_text("packs:\n  mine: {paht: ../mine}\n", encoding="utf-8")
    assert "paht" in check("--schemafile", folder / "manifest.json", manifest).stdout
    assert check("--schemafile", folder / "registry.json", ROOT / "registry.example.yaml").returncode == 0


class Editor:
    """An editor that speaks to the language server: https://microsoft.github.io/language-server-protocol."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._number = 0

    def ask(self, method: str, parameters: dict[str, Any]) -> Any:
        """Send a request, and return its result."""
        self._number += 1
        self.tell(method, parameters, id=self._number)
        return self._until(lambda message: message.get("id") == self._number and "method" not in message)["result"]

    def tell(self, method: str, parameters: Any, **more: Any) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": parameters, **more})

    def mistakes(self, uri: str) -> list[dict[str, Any]]:
        """Wait for what the server finds in a file."""
        said = self._until(
            lambda one: one.get("method") == "textDocument/publishDiagnostics" and one["params"]["uri"] == uri
        )
        found: list[dict[str, Any]] = said["params"]["diagnostics"]
        return found

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        stream: IO[bytes] = self._process.stdin  # type: ignore[assignment]
        stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        stream.flush()

    def _until(self, is_it: Any) -> dict[str, Any]:
        stream: IO[bytes] = self._process.stdout  # type: ignore[assignment]
        while True:
            size = 0
            while line := stream.readline().strip():
                name, _, value = line.partition(b":")
                size = int(value) if name.lower() == b"content-length" else size
            assert size, "the server has ended"
            message: dict[str, Any] = json.loads(stream.read(size))
            if is_it(message):
                return message
            if "id" in message and "method" in message:  # it asks for settings, of which there are none
                asked = (message.get("params") or {}).get("items", [])
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": [None for _ in asked]})


def test_an_editor(tmp_path: Path) -> None:
    """A mistake in a manifest is underlined where it is, and a key is completed and explained."""
    schema = ROOT / "agentsync/schemas/1/manifest.json"
    line = f"# yaml-language-server: $schema={schema.as_uri()}\n"
    text = f'{line}packs:\n  acme/x: {{ version: "^1", onyl: ["agent:*"] }}\n  acme/y: 1.4\n  \n'
    path = tmp_path / "agentsync.yaml"
    path.write_text(text, encoding="utf-8")
    uri = path.as_uri()
    process = subprocess.Popen(
        [node(), server(), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        editor = Editor(process)
        editor.ask("initialize", {"processId": None, "rootUri": tmp_path.as_uri(), "capabilities": {}})
        editor.tell("initialized", {})
        wanted = {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}
        editor.tell("workspace/didChangeConfiguration", {"settings": {"yaml": wanted}})
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        editor.tell("textDocument/didOpen", {"textDocument": document})
        (mistake,) = editor.mistakes(uri)
        assert "onyl" in mistake["message"] and mistake["range"]["start"] == {"line": 2, "character": 27}
        place = {"textDocument": {"uri": uri}, "position": {"line": 4, "character": 0}}
        offered = editor.ask("textDocument/completion", place)
        assert {"registries", "targets", "policy"} <= {one["label"] for one in offered["items"]}
        place["position"] = {"line": 2, "character": 14}
        assert "version range" in json.dumps(editor.ask("textDocument/hover", place))
    finally:
        process.kill()
        process.communicate()


def server() -> Path:
    """The language server, with what it needs."""
    return installed("yaml-language-server@2.0.0") / "yaml-language-server/bin/yaml-language-server"
