"""A drift report as JUnit XML, which build servers show as test results.

A test case for the lock, one for each file, and one for each pack that was compared with its
registry. There are no times in it: the same drift is the same report.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from agentsync.model.names import LOCK_NAME, MANIFEST_NAME
from agentsync.reporting.drift_findings import DriftFinding, of_file, of_lock, of_pack
from agentsync.reporting.drift_report import DriftReport
from agentsync.reporting.failure import shown


def junit(report: DriftReport) -> str:
    """Return one suite in one document, in ASCII: it is the same in every encoding of standard output."""
    cases = [_case(LOCK_NAME, f"{LOCK_NAME} fits {MANIFEST_NAME}", of_lock(report))]
    cases += [_case(row.change.pack or "agentsync", row.change.path, _some(of_file(row))) for row in report.files]
    cases += [_case(MANIFEST_NAME, row.pack, _some(of_pack(row))) for row in report.packs if row.upstream]
    failures = sum(case.find("failure") is not None for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}
    root = ElementTree.Element("testsuites", {"name": "agentsync drift", **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": "agentsync drift", **counts, "skipped": "0"})
    suite.extend(cases)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root).decode("ascii")


def _some(finding: DriftFinding | None) -> list[DriftFinding]:
    return [finding] if finding is not None else []


def _case(group: str, name: str, told: Sequence[DriftFinding]) -> ElementTree.Element:
    """Return a test case; it fails where a fault is told, and keeps a remark as its output.

    XML has no way to write most control characters: names are shown with escapes.
    """
    case = ElementTree.Element("testcase", {"classname": shown(group), "name": shown(name)})
    faults = [finding for finding in told if finding.is_fault]
    if faults:
        message = "; ".join(finding.message for finding in faults)
        failure = ElementTree.SubElement(case, "failure", {"type": faults[0].rule, "message": message})
        failure.text = "\n".join(finding.message for finding in faults)
    elif told:
        ElementTree.SubElement(case, "system-out").text = "\n".join(finding.message for finding in told)
    return case
