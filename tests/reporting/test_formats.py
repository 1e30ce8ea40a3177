"""The report formats of `drift`, each read back by a reader of its own kind.

SARIF is validated against the published schema of version 2.1.0, Markdown is read by a CommonMark
parser with tables, workflow commands as the runner of GitHub reads them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from markdown_it import MarkdownIt
from markdown_it.token import Token

from agentsync.model.digest import FileDigest
from agentsync.model.drift import Drift, Replaced
from agentsync.model.drift_report import DriftReport, FileRow, PackRow
from agentsync.model.lock import LockFault
from agentsync.model.plan import Action, Change, Owner
from agentsync.model.rel_path import RelPath
from agentsync.model.upstream import Standing
from agentsync.reporting.drift_findings import findings
from agentsync.reporting.drift_formats import FORMATS
from agentsync.reporting.failure import shown

SCHEMA: Final = Draft4Validator(
    json.loads((Path(__file__).parent.parent / "data/sarif/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
)
PARSER: Final = MarkdownIt("commonmark").enable("table")


def file(
    path: str,
    drift: str = "in sync",
    *,
    pack: str | None = "team/team",
    item: str | None = "agent:a",
    mode_changed: bool = False,
    replaced_by: str | None = None,
    upstream: str | None = None,
) -> FileRow:
    """A file of the scope."""
    local = FileDigest("a" * 64, executable=True) if mode_changed else FileDigest("b" * 64)
    change = Change(
        path=RelPath(path),
        owners=(Owner(pack, item or "", "some-tool"),) if pack else (),
        base=None,
        local=Replaced(replaced_by) if replaced_by else local,
        wanted=FileDigest("a" * 64),
        drift=Drift(drift),
        action=Action.LEAVE,
    )
    return FileRow(change, upstream=upstream)


def pack(name: str, upstream: str | None = None, available: str | None = None) -> PackRow:
    """A locked pack."""
    return PackRow(name, "1.0.0", "c" * 40, available, Standing(upstream) if upstream else None)


def report(files: Sequence[FileRow] = (), packs: Sequence[PackRow] = (), reasons: Sequence[str] = ()) -> DriftReport:
    """The facts of a drift check."""
    faults = [LockFault("r/p", reason) for reason in reasons]
    return DriftReport("project", files=tuple(files), packs=tuple(packs), faults=faults)


CLEAN: Final = report([file("a.md"), file("b.md", "kept")], [pack("team/team"), pack("team/new", "current", "1.0.0")])
DRIFTED: Final = report(
    [
        file("a.md"),
        file("b.md", "edited"),
        file("c.md", "missing", pack=None, item=None),
        file("d e.md", "edited", replaced_by="symlink"),
        file("f.sh", "edited", mode_changed=True),
        file("g.md", "diverged", upstream="changed"),
    ],
    [
        pack("team/team", "behind", "1.1.0"),
        pack("team/old", "pinned", "2.0.0"),
        pack("team/bad", "moved tag", "d" * 40),
        pack("team/new", "current", "1.0.0"),
    ],
    ["team/x is not locked"],
)
FAULTS: Final = 8  # five files, two packs, one reason

_ODD: Final = [
    "|",
    "`",
    "``",
    "\\",
    "\\|",
    "::",
    ",",
    "%",
    "%0A",
    "\n",
    "\r",
    "\t",
    "\x1b[31m",
    "\0",
    "\ufffe",
    "\u202e",
]
_MARKUP: Final = [
    "<b>",
    "&amp;",
    "]]>",
    "@me",
    "#1",
    "](http://x)",
    "{0}",
    "*a*",
    "_",
    " ",
    "~",
    "ü",
    "😀",
    "--",
    "|---|",
]
texts: Final = st.one_of(
    st.lists(st.sampled_from([*_ODD, *_MARKUP, "a", "/"]), min_size=1, max_size=8).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    st.binary(min_size=1, max_size=8).map(lambda name: name.decode("utf-8", "surrogateescape")),
)
files: Final = st.builds(
    file,
    path=texts.map(lambda path: path.lstrip("/") or "a"),
    drift=st.sampled_from([str(drift) for drift in Drift]),
    pack=st.none() | texts,
    item=st.none() | texts,
    mode_changed=st.booleans(),
    replaced_by=st.sampled_from([None, *map(str, Replaced)]),
    upstream=st.sampled_from([None, "changed", "gone"]),
)
packs: Final = st.builds(
    pack,
    name=texts,
    upstream=st.sampled_from([None, *map(str, Standing)]),
    available=st.none() | texts,
)
reports: Final = st.builds(
    report, st.lists(files, max_size=4), st.lists(packs, max_size=3), st.lists(texts, max_size=3)
)


@given(reports)
def test_nothing_but_the_facts_counts(told: DriftReport) -> None:
    """The same facts are the same report, and a report is plain lines."""
    for form in FORMATS.values():
        text = form(told)
        assert text == form(told._replace(files=(*told.files,)))
        assert not text.endswith("\n")


# --- SARIF ---


def results(told: DriftReport) -> list[dict[str, Any]]:
    """The results of a log that the schema allows."""
    log = json.loads(FORMATS["sarif"](told))
    SCHEMA.validate(log)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    found: list[dict[str, Any]] = run["results"]
    assert [rules[result["ruleIndex"]] for result in found] == [result["ruleId"] for result in found]
    return found


def test_the_schema_says_no() -> None:
    """The schema is the real one: it refuses what is no SARIF."""
    log = json.loads(FORMATS["sarif"](DRIFTED))
    assert SCHEMA.is_valid(log)
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not SCHEMA.is_valid(log)


def test_sarif() -> None:
    """Each fault is an error, and a pinned pack a note."""
    assert results(CLEAN) == []
    found = results(DRIFTED)
    assert [result["ruleId"].removeprefix("agentsync/") for result in found] == [
        *("lock", "edited", "missing", "edited", "edited", "diverged"),
        *("behind", "pinned", "moved-tag"),
    ]
    assert [result["level"] for result in found].count("error") == FAULTS
    (note,) = (result for result in found if result["level"] == "note")
    assert note["ruleId"] == "agentsync/pinned"
    assert found[3]["message"]["text"] == "d e.md: edited, a symlink stands there (team/team agent:a)"
    assert found[3]["locations"] == [
        {"physicalLocation": {"artifactLocation": {"uri": "d%20e.md", "uriBaseId": "%SRCROOT%"}}}
    ]


def test_a_message_is_no_template_and_no_link() -> None:
    """Braces are doubled, and nothing is a link."""
    (result,) = results(report([file("{0}[a](b)", "extra")]))
    assert result["message"]["text"].startswith("{{0}}[a] (b): extra")


def test_alerts_are_told_apart() -> None:
    """Two packs behind are two alerts, and stay the same two when something else changes."""
    behind = [pack("team/a", "behind", "2.0.0"), pack("team/b", "behind", "2.0.0")]
    found = [result["partialFingerprints"] for result in results(report([], behind))]
    later = [pack("team/a", "behind", "3.0.0"), pack("team/b", "behind", "2.0.0")]
    assert found[0] != found[1]
    assert found == [result["partialFingerprints"] for result in results(report([file("a", "edited")], later))][1:]


@given(reports)
@example(report([file("a:b?c#d%20[e]", "extra")]))
def test_any_sarif_is_valid(told: DriftReport) -> None:
    """Whatever paths and names are like; and each URI is relative and means the path."""
    for result, finding in zip(results(told), findings(told), strict=True):
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.isascii() and urlsplit(uri)._replace(path="") == ("", "", "", "", "")
        assert unquote_to_bytes(uri) == finding.path.encode("utf-8", "surrogateescape")


# --- Workflow commands ---


def unescaped(text: str, *, is_property: bool) -> str:
    """A value as the runner of GitHub reads it: the percent sign last."""
    more = [(":", "%3A"), (",", "%2C")] if is_property else []
    for letter, code in [("\r", "%0D"), ("\n", "%0A"), *more, ("%", "%25")]:
        text = text.replace(code, letter)
    return text


def command(line: str) -> tuple[str, dict[str, str], str]:
    """A line as the runner of GitHub reads it: name, properties, message."""
    assert line.startswith("::")
    head, _, message = line[2:].partition("::")
    name, _, listed = head.partition(" ")
    pairs = (pair.split("=", 1) for pair in listed.split(","))
    return (
        name,
        {key: unescaped(value, is_property=True) for key, value in pairs},
        unescaped(message, is_property=False),
    )


def test_github() -> None:
    """An error for each fault, a notice for a pinned pack."""
    assert FORMATS["github"](CLEAN) == ""
    assert FORMATS["github"](DRIFTED).split("\n") == [
        "::error file=agentsync.lock,title=agentsync%3A lock::team/x is not locked",
        "::error file=b.md,title=agentsync%3A edited::"
        "b.md: edited, it is not what the lock asks for (team/team agent:a)",
        "::error file=c.md,title=agentsync%3A missing::c.md: missing, the lock asks for it, and nothing is there",
        "::error file=d e.md,title=agentsync%3A edited::d e.md: edited, a symlink stands there (team/team agent:a)",
        "::error file=f.sh,title=agentsync%3A edited::"
        "f.sh: edited, only the executable bit differs (team/team agent:a)",
        "::error file=g.md,title=agentsync%3A diverged::"
        "g.md: diverged, changed here; upstream changed it as well (team/team agent:a)",
        "::error file=agentsync.yaml,title=agentsync%3A behind::"
        "team/team 1.0.0: behind, a newer version is allowed (1.1.0)",
        "::notice file=agentsync.yaml,title=agentsync%3A pinned::"
        "team/old 1.0.0: pinned, a newer version exists outside the range (2.0.0)",
        "::error file=agentsync.yaml,title=agentsync%3A moved tag::team/bad 1.0.0: moved tag, "
        f"the locked tag names another commit now (locked {'c' * 40}, now {'d' * 40})",
    ]


@given(reports)
@example(report([file("a,b=c::d%3A\n::error::%250A", "extra")]))
def test_commands_are_read_as_they_were_meant(told: DriftReport) -> None:
    """One line for one finding; path and message come back as they were."""
    text = FORMATS["github"](told)
    read = [command(line) for line in text.split("\n")] if text else []
    assert [(name == "error", values["file"], message) for name, values, message in read] == [
        (finding.is_fault, finding.path, finding.message) for finding in findings(told)
    ]
    assert "\r" not in text


# --- Code Quality ---


def test_gitlab() -> None:
    """An issue for each fault on the first line of its file, told apart from any other."""
    assert json.loads(FORMATS["gitlab"](CLEAN)) == []
    found = json.loads(FORMATS["gitlab"](DRIFTED))
    assert found[3] == {
        "description": "d e.md: edited, a symlink stands there (team/team agent:a)",
        "check_name": "agentsync/edited",
        "fingerprint": results(DRIFTED)[3]["partialFingerprints"]["primaryLocationLineHash"],
        "severity": "major",
        "location": {"path": "d e.md", "lines": {"begin": 1}},
    }
    assert [one["severity"] for one in found].count("major") == FAULTS
    assert len({one["fingerprint"] for one in found}) == len(found) == FAULTS + 1


@given(reports)
def test_any_issue_is_one(told: DriftReport) -> None:
    """The report is a list of issues with the keys that GitLab asks for, whatever paths are like."""
    found = json.loads(FORMATS["gitlab"](told))
    assert [(one["description"], one["location"]) for one in found] == [
        (finding.message, {"path": shown(finding.path), "lines": {"begin": 1}}) for finding in findings(told)
    ]


def test_paths_start_at_the_root_of_the_repository() -> None:
    """Where the project is a folder of it; one fault in two folders is two."""
    told = DRIFTED._replace(folder="svc/a")
    (place,) = results(told)[1]["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "svc/a/b.md"
    assert FORMATS["github"](told).split("\n")[1].startswith("::error file=svc/a/b.md,")
    issue, other = (json.loads(FORMATS["gitlab"](one))[1] for one in (told, DRIFTED))
    assert issue["location"]["path"] == "svc/a/b.md" and issue["fingerprint"] != other["fingerprint"]
    for form in ("junit", "markdown"):
        assert FORMATS[form](told) == FORMATS[form](DRIFTED)


# --- JUnit ---


def suite(told: DriftReport) -> ElementTree.Element:
    """The suite of a document whose counts are right."""
    root = ElementTree.fromstring(FORMATS["junit"](told).encode())
    (found,) = root
    for element in (root, found):
        assert element.get("tests") == str(len(found.findall("testcase")))
        assert element.get("failures") == str(len(found.findall("testcase/failure")))
    return found


def test_junit() -> None:
    """A case for the lock, each file and each pack that was compared; failures say why."""
    found = suite(CLEAN)
    assert [case.get("name") for case in found] == ["agentsync.lock fits agentsync.yaml", "a.md", "b.md", "team/new"]
    assert found.get("failures") == "0"
    found = suite(DRIFTED)
    assert found.get("failures") == str(FAULTS)
    (case,) = found.findall("testcase[@name='f.sh']")
    (failure,) = case
    assert (case.get("classname"), failure.get("type")) == ("team/team", "agentsync/edited")
    assert failure.get("message") == failure.text
    assert failure.text == "f.sh: edited, only the executable bit differs (team/team agent:a)"
    (pinned,) = found.findall("testcase[@name='team/old']")
    assert [part.tag for part in pinned] == ["system-out"]


def test_one_lock_is_one_case() -> None:
    """Several reasons are one failure with a line for each."""
    found = suite(report(reasons=["a is not locked", "b is not locked"]))
    (failure,) = found.findall("testcase/failure")
    assert failure.text == "a is not locked\nb is not locked"


@given(reports)
def test_any_junit_can_be_read(told: DriftReport) -> None:
    """Whatever characters a name holds; every case is there under its shown name."""
    names = [case.get("name") for case in suite(told)][1:]
    compared = [row.pack for row in told.packs if row.upstream]
    assert names == [shown(name) for name in [*(row.change.path for row in told.files), *compared]]


# --- Markdown ---


def cells(text: str) -> list[list[str]]:
    """The cells of all tables below their heads, as a reader sees them."""
    rows: list[list[str]] = []
    for before, token in zip([None, *(tokens := PARSER.parse(text))], tokens, strict=False):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and before is not None and before.type == "td_open":
            rows[-1].append(seen(token))
    return [row for row in rows if row]


def seen(token: Token) -> str:
    """The text of an inline; nothing but text and code may be in it."""
    parts = token.children or []
    assert {part.type for part in parts} <= {"text", "text_special", "code_inline", "html_inline"}
    assert {part.content for part in parts if part.type == "html_inline"} <= {"<code>", "</code>"}
    return "".join(part.content for part in parts if part.type != "html_inline")


def test_markdown() -> None:
    """A summary, the lock, the files, the packs."""
    assert FORMATS["markdown"](CLEAN) == "**agentsync drift**: 2 files in sync"
    assert (
        FORMATS["markdown"](DRIFTED)
        == f"""\
**agentsync drift**: 5 files drifted, 1 in sync; the lock does not fit the manifest; 1 pack behind; 1 pack pinned; \
1 pack moved tag

`agentsync.lock` does not fit:

- `team/x is not locked`

5 drifted files:

| drift | file | pack | cause |
|---|---|---|---|
| edited | `b.md` | `team/team` | it is not what the lock asks for |
| missing | `c.md` |  | the lock asks for it, and nothing is there |
| edited | `d e.md` | `team/team` | a symlink stands there |
| edited | `f.sh` | `team/team` | only the executable bit differs |
| diverged | `g.md` | `team/team` | changed here; upstream changed it as well |

Packs against their registries:

| pack | locked | upstream | available |
|---|---|---|---|
| `team/team` | `1.0.0` | behind | `1.1.0` |
| `team/old` | `1.0.0` | pinned | `2.0.0` |
| `team/bad` | `1.0.0` | moved tag | `{"d" * 40}` |"""
    )


@given(reports)
@example(report([file("a|b", "extra"), file("a\\|b", "extra"), file("`a` ``", "extra"), file(" a ", "extra")]))
def test_cells_never_break(told: DriftReport) -> None:
    """Every row has its four cells, and names are read as they are shown elsewhere."""
    found = cells(FORMATS["markdown"](told))
    drifted = [row.change for row in told.files if row.change.drift not in (Drift.IN_SYNC, Drift.KEPT)]
    stands = [row for row in told.packs if row.upstream not in (None, Standing.CURRENT)]
    assert {len(row) for row in found} <= {4}
    assert [row[:3] for row in found] == [
        *([row.drift, shown(row.path), shown(row.pack)] for row in drifted),
        *([shown(row.pack), "1.0.0", row.upstream] for row in stands),
    ]
    assert [row[3] for row in found][len(drifted) :] == [shown(row.available or "") for row in stands]


@given(st.lists(texts, min_size=1, max_size=4))
def test_reasons_are_one_line_each(reasons: list[str]) -> None:
    """Each reason is an entry of the list, as it is shown elsewhere."""
    tokens = PARSER.parse(FORMATS["markdown"](report(reasons=reasons)))
    items = [token for token in tokens if token.type == "inline" and token.level == 3]
    assert [seen(token) for token in items] == [shown(reason) for reason in dict.fromkeys(reasons)]


@pytest.mark.parametrize(("count", "collapsed"), [(20, False), (21, True)])
def test_a_long_list_is_collapsed(count: int, collapsed: bool) -> None:
    """Up to 20 rows stand open, more are folded; all are there."""
    text = FORMATS["markdown"](report([file(f"{number}.md", "extra") for number in range(count)]))
    assert ("<details>" in text) is collapsed
    assert len(cells(text)) == count


def test_a_comment_fits() -> None:
    """However much drifted, GitHub takes the comment, and it says how many rows are left out."""
    names = [f"{number}{'|' * 200}" for number in range(1000)]
    behind = [pack(name, "behind", "2.0.0") for name in names]
    text = FORMATS["markdown"](report([file(name, "edited") for name in names], behind, names))
    assert len(text) < 65_536
    rows = [row for row in cells(text) if row[0] == "edited"]
    assert f"... and {1000 - len(rows)} more" in text
    assert text.count("<details>") == text.count("</details>") == 3
