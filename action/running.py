"""Run agentsync in each folder, and tell what came of it: annotations, summary, files, outputs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from action import report
from action.runner import (
    ActionError,
    Inputs,
    begin,
    is_of_a_fork,
    keep,
    read_inputs,
    scratch,
    set_outputs,
    show,
    summarize,
    tell,
)

_WORDS: Final = {
    "drift": ("drift",),
    "install": ("install", "--locked"),
    "update": ("update",),
    "registry-check": ("registry", "check"),
    "verify": ("verify",),
}
_HAS_FORMATS: Final = ("drift", "registry-check")
_DIFFERS, _BUG = 1, 4


class Result(NamedTuple):
    """What came of one folder: the code to go by, the document of agentsync, the report as Markdown."""

    folder: str
    code: int
    document: dict[str, Any]
    report: str


def agentsync(folder: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run agentsync in a folder."""
    where = os.pathsep.join(filter(None, (os.environ.get("PROGRAMS"), os.environ.get("PATH"))))
    program = shutil.which("agentsync", path=where)
    if program is None:
        raise ActionError("agentsync is not installed")
    return subprocess.run(
        [program, "-C", folder, *words], capture_output=True, text=True, encoding="utf-8", errors="replace", check=False
    )


def document_of(folder: str, *words: str) -> dict[str, Any]:
    """Run agentsync in a folder, and return the one JSON document that it prints."""
    done = agentsync(folder, *words, "--json")
    try:
        read: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        error = {"code": "bug", "what": f"agentsync ended with {done.returncode}", "why": done.stderr, "hint": ""}
        return {"exit": done.returncode or _BUG, "data": {}, "errors": [error]}
    return read


def run() -> None:
    """Do what the inputs ask for in each folder; whether the job fails a later step says."""
    inputs = read_inputs()
    state = begin()
    keep("updates", [])
    results = [_looked_at(inputs, folder) for folder in inputs.folders]
    for one in results:
        show(f"agentsync {inputs.command} in {one.folder}", one.report)
        _annotate(inputs, one)
    text = report.joined([(one.folder, one.report) for one in results])
    if inputs.summary or (inputs.comment and is_of_a_fork()):
        summarize(text)
    if inputs.sarif:
        _write_sarif(inputs, results)
    scratch("report.md").write_text(f"{text}\n", encoding="utf-8")
    documents = [one.document for one in results]
    found = documents[0] if len(documents) == 1 else documents
    scratch("document.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    keep("results", [{"folder": one.folder, "clean": one.code == 0, "report": one.report} for one in results])
    code = max(one.code for one in results)
    set_outputs(
        state=state,
        exit_code=code,
        clean=code == 0,
        drifted=sum(map(report.drifted, documents)),
        outdated=sum(map(report.outdated, documents)),
        report=scratch("report.md"),
        json=scratch("document.json"),
        failed=code > {"drift": 0, "error": _DIFFERS}.get(inputs.fail_on, code),
    )


def _looked_at(inputs: Inputs, folder: str) -> Result:
    if inputs.command == "update" and inputs.pull_request:
        from action.updating import updated

        document, text, code = updated(folder)
    else:
        words = _words(inputs)
        document = document_of(folder, *words)
        text = report.of_document(inputs.command, document)
        if inputs.command in _HAS_FORMATS and document["data"]:
            text = agentsync(folder, *_again(inputs), "--format", "markdown").stdout.rstrip("\n") or text
        code = int(document["exit"])
    if inputs.strict and code == 0 and report.is_told(document):
        code = _DIFFERS
    return Result(folder, code, document, text)


def _words(inputs: Inputs) -> tuple[str, ...]:
    more = ("--upstream",) if inputs.command == "drift" and inputs.upstream else ()
    strict = ("--strict",) if inputs.command == "registry-check" and inputs.strict else ()
    return (*_WORDS[inputs.command], *more, *strict)


def _again(inputs: Inputs) -> tuple[str, ...]:
    """Return the command line for another report of the same: what the registries said is remembered."""
    words = _words(inputs)
    return (*words, "--offline") if "--upstream" in words else words


def _annotate(inputs: Inputs, result: Result) -> None:
    if inputs.annotations and inputs.command in _HAS_FORMATS and result.document["data"]:
        print(agentsync(result.folder, *_again(inputs), "--format", "github").stdout, end="", flush=True)
    for error in result.document["errors"]:
        tell("error", f"{result.folder}: {': '.join(filter(None, (error['what'], error['why'], error['hint'])))}")


def _write_sarif(inputs: Inputs, results: Sequence[Result]) -> None:
    """Write one log with a run for each folder, told apart by their ids."""
    if inputs.command not in _HAS_FORMATS:
        raise ActionError(f"sarif: {inputs.command} has no such report")
    whole: dict[str, Any] = {}
    for one in results:
        try:
            log = json.loads(agentsync(one.folder, *_again(inputs), "--format", "sarif").stdout)
        except ValueError:
            continue  # nothing could be looked at, which is told
        if len(results) > 1:
            for entry in log["runs"]:
                entry["automationDetails"] = {"id": f"agentsync/{one.folder}/"}
        whole = {**log, "runs": [*whole.get("runs", ()), *log["runs"]]}
    if whole:
        target = Path(inputs.sarif)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
