"""A drift report as SARIF 2.1.0, for code scanning.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html.
A result names a file and no line: drift is a fact of the whole file.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from agentsync import __version__
from agentsync.reporting.drift_findings import RULES, DriftFinding, findings
from agentsync.reporting.drift_report import DriftReport

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE: Final = "%SRCROOT%"


def sarif(report: DriftReport) -> str:
    """Return one SARIF log with one run; what is only told has the level `note`."""
    found = findings(report)
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
        "originalUriBaseIds": {_BASE: {"description": {"text": "the folder with agentsync.yaml"}}},
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
