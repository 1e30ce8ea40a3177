"""A fleet in SARIF 2.1.0: one run for each repository, as many files as the limits of its readers ask for.

GitHub takes 20 runs in a file and 25,000 results in a run, of which it shows 5,000, and no two runs of one category:
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from agentsync.model.finding import Level
from agentsync.model.fleet import FleetStanding, FoundFile, Remembered
from agentsync.model.names import LOCK_NAME, MANIFEST_NAME
from agentsync.reporting.alerts import Alert, sarif_log, sarif_run, sarif_text
from agentsync.reporting.drift_findings import RULES
from agentsync.reporting.failure import shown
from agentsync.reporting.fleet_facts import MEANINGS, FleetFacts, below, version_of
from agentsync.reporting.words import count

MOST_RUNS: Final = 20
"""The most runs of one file."""
MOST_RESULTS: Final = 5_000
"""The most results of one run, and so of one repository."""
MOST_IN_FILE: Final = 25_000
"""The most results of one file, however many runs it has."""
# No file of the repository is about these: they are told of the run as a whole.
_WITHOUT_RESULTS: Final = (FleetStanding.UNREACHABLE, FleetStanding.DENIED, FleetStanding.GONE, FleetStanding.EMPTY)
_STANDINGS: Final = frozenset(map(str, FleetStanding))
_DOCUMENTS: Final = (".json", ".jsonc", ".toml", ".md")
_OF_HOSTS: Final = "@:-._~"
_IPV6: Final = re.compile(r"(?:[\w.-]*@)?\[[0-9A-Fa-f:.]+\](?::[0-9]+)?", re.ASCII)
_OF_PATHS: Final = "/@:-._~+,=!$&'()*;"
_PLACES: Final = {FleetStanding.BROKEN: MANIFEST_NAME, FleetStanding.OUTDATED: MANIFEST_NAME}


def sarif_files(facts: FleetFacts) -> Iterator[tuple[str, str]]:
    """Yield each file: its name and its text; first what has results, the worst first."""
    runs: list[dict[str, Any]] = []
    number, results = 1, 0
    for member in _with_results_first(facts):
        run = _run(member)
        if runs and (len(runs) == MOST_RUNS or results + len(run["results"]) > MOST_IN_FILE):
            yield sarif_name(number), sarif_log(*runs)
            runs, number, results = [], number + 1, 0
        runs.append(run)
        results += len(run["results"])
    if runs or number == 1:
        yield sarif_name(number), sarif_log(*runs)


def sarif_name(number: int) -> str:
    """Return the name of the file with this number, from 1."""
    return "report.sarif" if number == 1 else f"report-{number}.sarif"


def _with_results_first(facts: FleetFacts) -> Iterator[Remembered]:
    yield from (one for one in facts.worst_first() if one.found.standing not in _WITHOUT_RESULTS)
    yield from (one for one in facts.worst_first() if one.found.standing in _WITHOUT_RESULTS)


def _run(member: Remembered) -> dict[str, Any]:
    found = member.found
    alerts = [] if found.standing in _WITHOUT_RESULTS else _alerts(member)
    told = [_notification(Level.ERROR, _why(member))] if found.standing in _WITHOUT_RESULTS else []
    if len(alerts) > MOST_RESULTS:
        left = count(len(alerts) - MOST_RESULTS, "result")
        told.append(_notification(Level.WARNING, f"{left} more of this repository stand in report.json alone"))
    provenance = {"repositoryUri": repository_uri(found.repository)}
    provenance |= {"revisionId": found.commit} if found.commit else {}
    invocation: dict[str, Any] = {"executionSuccessful": found.standing not in _WITHOUT_RESULTS}
    invocation |= {"toolExecutionNotifications": told} if told else {}
    return {
        **sarif_run(alerts[:MOST_RESULTS]),
        "automationDetails": {"id": f"agentsync-fleet/{provenance['repositoryUri']}/"},
        "versionControlProvenance": [provenance],
        "invocations": [invocation],
    }


def _notification(level: Level, text: str) -> dict[str, Any]:
    return {"level": str(level), "message": {"text": sarif_text(shown(text))}}


def _why(member: Remembered) -> str:
    found = member.found
    return f"{found.repository}: {found.standing}: {found.error or MEANINGS[found.standing]}"


def _alerts(member: Remembered) -> list[Alert]:
    """Return what is wrong in a repository: its standing, the packs that registries say something of, its files."""
    found = member.found
    alerts = []
    if found.standing in (FleetStanding.BROKEN, FleetStanding.POLICY, FleetStanding.LOCK):
        folder = found.folders[0] if found.folders else "."
        path = below(folder, _PLACES.get(found.standing, LOCK_NAME))
        alerts.append(_alert(str(found.standing), path, found.error or MEANINGS[found.standing], ""))
    for pack, upstream in zip(found.packs, member.upstream, strict=False):
        if upstream.standing is not None:
            newest = f", {upstream.newest} is allowed" if upstream.newest else ""
            why = f"{MEANINGS[upstream.standing]}{newest}{f' ({upstream.told})' if upstream.told else ''}"
            message = f"{pack.pack} {version_of(pack)}: {why}"
            alerts.append(_alert(str(upstream.standing), below(pack.folder, MANIFEST_NAME), message, pack.pack))
    if not alerts and not found.files:
        alerts.append(_alert(str(found.standing), MANIFEST_NAME, found.error or MEANINGS[found.standing], ""))
    return [*alerts, *map(_of_file, found.files)]


def _of_file(file: FoundFile) -> Alert:
    path, _, pointer = file.path.partition("#")
    path, pointer = (path, pointer) if path.endswith(_DOCUMENTS) else (file.path, "")
    whose = f" ({file.pack})" if file.pack else ""
    message = f"{file.path}: {file.drift}, {RULES.get(file.drift, MEANINGS[FleetStanding.DRIFT])}{whose}"
    return _alert(file.drift, below(file.folder, path), message, file.path if pointer else "")


def _alert(word: str, path: str, message: str, subject: str) -> Alert:
    about = RULES.get(word) or MEANINGS.get(FleetStanding(word) if word in _STANDINGS else FleetStanding.DRIFT, "")
    level = Level.WARNING if word == FleetStanding.OUTDATED else Level.ERROR
    rule = f"agentsync/{word.replace(' ', '-')}"
    return Alert(rule, level, path, shown(message), subject, f"agentsync: {word}", about)


def repository_uri(text: str) -> str:
    """Return the URL of a repository as a URI: one of ssh's short form is spelled out, a path is a file.

    >>> repository_uri("git@host.example:a/b.git"), repository_uri("/srv/a b.git")
    ('ssh://git@host.example/a/b.git', 'file:///srv/a%20b.git')
    """
    scheme, separator, rest = text.partition("://")
    if separator and re.fullmatch("[A-Za-z][A-Za-z0-9+.-]*", scheme):
        host, slash, path = rest.partition("/")
        return f"{scheme}://{_host(host)}{slash}{_quoted(path)}"
    host, colon, path = text.partition(":")
    if colon and len(host) > 1 and not set("/\\") & set(host):
        return f"ssh://{_host(host)}/{_quoted(path.lstrip('/'))}"
    path = text.replace("\\", "/")
    return f"file://{'' if path.startswith('/') else '/'}{quote(path, safe=_OF_PATHS, errors='surrogateescape')}"


def _host(text: str) -> str:
    return text if _IPV6.fullmatch(text) else quote(text, safe=_OF_HOSTS, errors="surrogateescape")


def _quoted(path: str) -> str:
    """Return a path of a URL with each letter escaped that may not stand there; what is escaped stays as it is."""
    parts = re.split("(%[0-9A-Fa-f]{2})", path)
    return "".join(
        part if place % 2 else quote(part, safe=_OF_PATHS, errors="surrogateescape") for place, part in enumerate(parts)
    )
