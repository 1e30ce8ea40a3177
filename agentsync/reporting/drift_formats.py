"""A drift report in the formats of other programs.

SARIF 2.1.0 for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html.
GitHub's workflow commands: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions.
GitLab's Code Quality reports: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
JUnit XML for build servers. GitHub-flavoured Markdown for a comment on a pull request.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from agentsync import __version__
from agentsync.model.names import LOCK_NAME, MANIFEST_NAME
from agentsync.model.upstream import Standing
from agentsync.reporting.drift_findings import (
    RULES,
    DriftFinding,
    findings,
    locked_version,
    of_file,
    of_lock,
    of_pack,
    reason,
)
from agentsync.reporting.drift_report import DriftReport, PackRow, counted_files
from agentsync.reporting.failure import shown
from agentsync.reporting.formats import REPORTS
from agentsync.reporting.words import count

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE: Final = "%SRCROOT%"


def sarif(report: DriftReport) -> str:
    """Return one SARIF log with one run; what is only told has the level `note`."""
    import json  # loaded only here, as most formats need none of it

    found = _placed(report)
    words = {finding.rule: finding.word for finding in found}
    rules = sorted(words)
    run = {
        "tool": {
            "driver": {
                "name": "agentsync",
                "version": __version__,
                "rules": [{"id": rule, "shortDescription": {"text": RULES[words[rule]]}} for rule in rules],
            }
        },
        "originalUriBaseIds": {_BASE: {"description": {"text": "the root of the repository"}}},
        "results": [_result(finding, rules.index(finding.rule)) for finding in found],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(finding: DriftFinding, rule: int) -> dict[str, Any]:
    uri = quote(finding.path, safe="/", errors="surrogateescape")
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": "error" if finding.is_fault else "note",
        "message": {"text": _text(finding.message)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri, "uriBaseId": _BASE}}}],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(finding)},
    }


def _text(message: str) -> str:
    """Return a message that holds no placeholder and no link (sections 3.11.5 and 3.11.6)."""
    return message.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _fingerprint(finding: DriftFinding) -> str:
    """Return the same for the same fault in every run, whatever else is in the file.

    The key is the one that GitHub goes by: without it, all that is told on the first line of
    agentsync.yaml under one rule would be one alert.
    """
    told = "\0".join((finding.rule, finding.path, finding.subject))
    return sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def github(report: DriftReport) -> str:
    """Return one command a line: `error` for a fault, `notice` for what is only told; "" where there is nothing."""
    return "\n".join(map(_command, _placed(report)))


def _placed(report: DriftReport) -> list[DriftFinding]:
    """Return what was found, its paths from the root of the repository on."""
    found = findings(report)
    return [one._replace(path=f"{report.folder}/{one.path}") for one in found] if report.folder else found


def _command(finding: DriftFinding) -> str:
    command = "error" if finding.is_fault else "notice"
    title = f"agentsync: {finding.word}"
    return f"::{command} file={_property(finding.path)},title={_property(title)}::{_message(finding.message)}"


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def _message(text: str) -> str:
    # The percent sign first: it is what all others are escaped with.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def gitlab(report: DriftReport) -> str:
    """Return a list of issues, each on the first line of its file; one that was told before has its fingerprint."""
    import json

    return json.dumps([_issue(finding) for finding in _placed(report)], indent=2)


def _issue(finding: DriftFinding) -> dict[str, Any]:
    return {
        "description": finding.message,
        "check_name": finding.rule,
        "fingerprint": _fingerprint(finding),
        "severity": "major" if finding.is_fault else "info",
        "location": {"path": shown(finding.path), "lines": {"begin": 1}},
    }


def junit(report: DriftReport) -> str:
    """Return one suite in one document, in ASCII: it is the same in every encoding of standard output."""
    from xml.etree import ElementTree  # takes long to load

    cases = [_case(LOCK_NAME, f"{LOCK_NAME} fits {MANIFEST_NAME}", of_lock(report))]
    cases += [_case(row.change.pack or "agentsync", row.change.path, of_file(row)) for row in report.files]
    cases += [_case(MANIFEST_NAME, row.pack, of_pack(row)) for row in report.packs if row.upstream]
    failures = sum(case.find("failure") is not None for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}
    root = ElementTree.Element("testsuites", {"name": "agentsync drift", **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": "agentsync drift", **counts, "skipped": "0"})
    suite.extend(cases)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root).decode("ascii")


def _case(group: str, name: str, told: Sequence[DriftFinding]) -> Element:
    """Return a test case; it fails where a fault is told, and keeps a remark as its output.

    XML has no way to write most control characters: names are shown with escapes.
    """
    from xml.etree import ElementTree

    case = ElementTree.Element("testcase", {"classname": shown(group), "name": shown(name)})
    faults = [finding for finding in told if finding.is_fault]
    if faults:
        message = "; ".join(finding.message for finding in faults)
        failure = ElementTree.SubElement(case, "failure", {"type": faults[0].rule, "message": message})
        failure.text = "\n".join(finding.message for finding in faults)
    elif told:
        ElementTree.SubElement(case, "system-out").text = "\n".join(finding.message for finding in told)
    return case


_LONG: Final = 20  # rows; longer lists are collapsed
_ROOM: Final = 18_000  # characters for each of the three lists


def markdown(report: DriftReport) -> str:
    """Return a summary line, then what the lock, the files and the packs have to say."""
    files, packs = report.drifted, [row for row in report.packs if row.upstream not in (None, Standing.CURRENT)]
    parts = [
        f"**agentsync drift**: {_summary(report, packs)}",
        *_section(f"`{LOCK_NAME}` does not fit", [], [f"- {code(why)}" for why in report.reasons]),
        *_section(
            count(len(files), "drifted file"),
            _table("drift", "file", "pack", "cause"),
            [_row(row.change.drift, code(row.change.path), code(row.change.pack), reason(row)) for row in files],
        ),
        *_section(
            "Packs against their registries",
            _table("pack", "locked", "upstream", "available"),
            [
                _row(code(row.pack), code(locked_version(row)), row.upstream or "", code(row.available or ""))
                for row in packs
            ],
        ),
    ]
    return "\n\n".join(parts)


def _summary(report: DriftReport, packs: Sequence[PackRow]) -> str:
    told = [counted_files(report)]
    if report.faults:
        told.append("the lock does not fit the manifest")
    standing = Counter(row.upstream for row in packs)
    told += [f"{count(standing[word], 'pack')} {word}" for word in Standing if standing[word]]
    return "; ".join(told)


def _section(title: str, head: Sequence[str], rows: Sequence[str]) -> list[str]:
    """Return a list or table below its title, collapsed where it is long, cut where it is far too long."""
    if not rows:
        return []
    taken, room = 0, _ROOM
    while taken < len(rows) and len(rows[taken]) < room:
        room -= len(rows[taken]) + 1
        taken += 1
    body = "\n".join((*head, *rows[:taken]))
    rest = [f"... and {len(rows) - taken} more"] if taken < len(rows) else []
    if len(rows) <= _LONG:
        return [f"{title}:", body, *rest]
    title = title.replace(f"`{LOCK_NAME}`", f"<code>{LOCK_NAME}</code>")
    return [f"<details>\n<summary>{title}</summary>", body, *rest, "</details>"]


def _table(*columns: str) -> list[str]:
    return [_row(*columns), "|" + "---|" * len(columns)]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def code(text: str) -> str:
    """Return a text as code that breaks neither out of its code nor out of a table's cell.

    Cells are cut at each `|` before code is seen, and code drops blanks at its ends; so a text
    with one of these is HTML with entities.
    """
    text = shown(text)
    if not text:
        return ""
    if text != text.strip() or set("|\t") & set(text):
        letters = (letter if letter.isalnum() or letter in "/.-" else f"&#{ord(letter)};" for letter in text)
        return f"<code>{''.join(letters)}</code>"
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    blank = " " if "`" in (text[0], text[-1]) else ""
    return f"{fence}{blank}{text}{blank}{fence}"


FORMATS: Final = {name: globals()[name] for name in REPORTS}
"""Each takes a drift report and returns the whole text, without a line end at its end."""
