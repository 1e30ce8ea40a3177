"""What a report found, in the formats of other programs; each names the file, and the line where one is known.

SARIF 2.1.0 for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html.
GitHub's workflow commands: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions.
GitLab's Code Quality reports: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
JUnit XML for build servers.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from agentsync import __version__
from agentsync.model.finding import Level
from agentsync.reporting.failure import shown

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE: Final = "%SRCROOT%"
_COMMANDS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
_SEVERITIES: Final = {Level.ERROR: "major", Level.WARNING: "minor", Level.NOTE: "info"}


class Alert(NamedTuple):
    """One thing that was found. Messages are one line without control characters; paths are as they are.

    Args:
        rule: its identifier, as `agentsync/RULE`.
        path: from the root of the repository, POSIX.
        subject: what tells it from others of the same rule and path, "" where nothing has to.
        title: a few words above the message.
        about: what its rule is about, in a few words.
        help: where the rule is documented, "" for nowhere.
        line, column: from 1, 0 for the file as a whole.
    """

    rule: str
    level: Level
    path: str
    message: str
    subject: str
    title: str
    about: str
    help: str = ""
    line: int = 0
    column: int = 0


def sarif_log(*runs: dict[str, Any]) -> str:
    """Return one SARIF log."""
    import json  # loaded only here, as most formats need none of it

    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": runs}, indent=2)


def sarif_run(alerts: Sequence[Alert]) -> dict[str, Any]:
    """Return one run of a SARIF log."""
    rules = {alert.rule: alert for alert in sorted(alerts, key=lambda alert: alert.rule)}
    places = {rule: place for place, rule in enumerate(rules)}
    return {
        "tool": {
            "driver": {"name": "agentsync", "version": __version__, "rules": [_rule(one) for one in rules.values()]}
        },
        "originalUriBaseIds": {_BASE: {"description": {"text": "the root of the repository"}}},
        "results": [_result(alert, places[alert.rule]) for alert in alerts],
    }


def _rule(alert: Alert) -> dict[str, Any]:
    found: dict[str, Any] = {"id": alert.rule, "shortDescription": {"text": alert.about}}
    return {**found, "helpUri": alert.help} if alert.help else found


def _result(alert: Alert, rule: int) -> dict[str, Any]:
    uri = quote(alert.path, safe="/", errors="surrogateescape")
    place: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": _BASE}}
    if alert.line:
        place["region"] = {"startLine": alert.line, "startColumn": alert.column}
    return {
        "ruleId": alert.rule,
        "ruleIndex": rule,
        "level": str(alert.level),
        "message": {"text": sarif_text(alert.message)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(alert)},
    }


def sarif_text(message: str) -> str:
    """Return a message that holds no placeholder and no link (sections 3.11.5 and 3.11.6)."""
    return message.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _fingerprint(alert: Alert) -> str:
    """Return the same for the same fault in every run, whatever else is in the file.

    The key is the one that GitHub goes by: without it, all that is told on the first line of a file under one
    rule would be one alert.
    """
    told = "\0".join((alert.rule, alert.path, alert.subject))
    return sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def workflow_commands(alerts: Sequence[Alert]) -> str:
    """Return one command of GitHub's a line: `error`, `warning` or `notice`; "" where there is nothing."""
    return "\n".join(map(_command, alerts))


def _command(alert: Alert) -> str:
    place = f",line={alert.line},col={alert.column}" if alert.line else ""
    where = f"file={_property(alert.path)}{place},title={_property(alert.title)}"
    return f"::{_COMMANDS[alert.level]} {where}::{_message(alert.message)}"


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def _message(text: str) -> str:
    # The percent sign first: it is what all others are escaped with.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def quality_issues(alerts: Sequence[Alert]) -> str:
    """Return GitLab's list of issues; one that was told before has its fingerprint."""
    import json

    return json.dumps([_issue(alert) for alert in alerts], indent=2)


def _issue(alert: Alert) -> dict[str, Any]:
    return {
        "description": alert.message,
        "check_name": alert.rule,
        "fingerprint": _fingerprint(alert),
        "severity": _SEVERITIES[alert.level],
        "location": {"path": shown(alert.path), "lines": {"begin": alert.line or 1}},
    }


class Case(NamedTuple):
    """One case of a test suite, with what was told of it: rule, message, and whether it is a fault."""

    group: str
    name: str
    told: tuple[tuple[str, str, bool], ...] = ()


def suite(name: str, cases: Sequence[Case]) -> str:
    """Return JUnit's document with one suite, in ASCII: it is the same in every encoding of standard output."""
    from xml.etree import ElementTree  # takes long to load

    elements = [_case(case) for case in cases]
    failures = sum(case.find("failure") is not None for case in elements)
    counts = {"tests": str(len(elements)), "failures": str(failures), "errors": "0"}
    root = ElementTree.Element("testsuites", {"name": name, **counts})
    inner = ElementTree.SubElement(root, "testsuite", {"name": name, **counts, "skipped": "0"})
    inner.extend(elements)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root).decode("ascii")


def _case(case: Case) -> Element:
    """Return a test case; it fails where a fault is told, and keeps a remark as its output.

    XML has no way to write most control characters: names are shown with escapes.
    """
    from xml.etree import ElementTree

    element = ElementTree.Element("testcase", {"classname": shown(case.group), "name": shown(case.name)})
    faults = [(rule, message) for rule, message, is_fault in case.told if is_fault]
    if faults:
        message = "; ".join(message for _, message in faults)
        failure = ElementTree.SubElement(element, "failure", {"type": faults[0][0], "message": message})
        failure.text = "\n".join(message for _, message in faults)
    elif case.told:
        ElementTree.SubElement(element, "system-out").text = "\n".join(message for _, message, _ in case.told)
    return element
