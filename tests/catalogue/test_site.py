"""The catalogue of a registry, made in this process: its files, what is written again, what is refused."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin
from xml.etree import ElementTree

import pytest

from agentsync.commands import site as command
from agentsync.disk.site_folder import SiteFolder
from agentsync.errors import AgentsyncError, Exit, UsageError
from agentsync.model.outcome import Outcome
from agentsync.reporting.failure import json_document
from tests.catalogue.registries import LISTS, ODD_NAMES, agent, friendly, hostile
from tests.catalogue.test_safe_text import Elements
from tests.git_registry import GitRegistry
from tests.output import check

WHOLE = {".site.json", "copy.js", "feed.xml", "index.html", "index.json", "search.js", "site.css"}
ATOM = "{http://www.w3.org/2005/Atom}"


def files_of(out: Path) -> dict[str, str]:
    """Return a digest of every file."""
    found = (path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def make(registry: GitRegistry | Path, out: Path, **options: Any) -> Outcome:
    """Make the catalogue of a registry."""
    path = registry.path if isinstance(registry, GitRegistry) else registry
    return command.site(str(path), out=str(out), **options)


def check_pages(out: Path) -> None:
    """Each page has the policy, no script of its own, and links that lead somewhere."""
    for page in out.rglob("*.html"):
        text = page.read_text("utf-8")
        elements = Elements(text)
        assert "default-src 'none'" in text and "<style" not in text
        for tag, attributes in elements.found:
            assert not [name for name in attributes if name.startswith("on") or name == "style"], page
            link = attributes.get("href") or attributes.get("src") or ""
            assert tag != "script" or attributes.get("src") in {
                "search.js",
                "copy.js",
                "../../copy.js",
                "../../../copy.js",
            }
            if link and not link.startswith(("https://", "mailto:", "#")):
                there = urljoin(page.as_uri(), link.partition("#")[0])
                assert Path(unquote(there.removeprefix("file://"))).is_file(), (page, link)
    for image in [*out.rglob("*.svg"), *out.rglob("*.xml")]:
        ElementTree.fromstring(image.read_bytes())


@pytest.mark.slow
def test_story(tmp_path: Path) -> None:
    """Made, made again, brought up to date: the same as made anew, and only what changed is written."""
    registry, out = friendly(tmp_path / "acme.git"), tmp_path / "out"
    outcome = make(registry, out, base_url="https://packs.example/x")
    assert outcome.exit is Exit.OK and set(outcome.data["written"]) == {*files_of(out)} - {".site.json"}
    check_pages(out)
    _check_machines(out)
    _check_review(out)
    assert make(registry, out, base_url="https://packs.example/x").data["written"] == []

    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(registry.path), str(clone)], check=True)
    make(clone, tmp_path / "of-clone", base_url="https://packs.example/x/")
    assert files_of(tmp_path / "of-clone") == files_of(out)

    before = files_of(out)
    (out / "CNAME").write_text("packs.example")
    files = {
        "registry.yaml": LISTS.replace("  docs:", "  notes: { path: packs/notes }\n  docs:").replace(
            "deprecated: use review", "keywords: [x]"
        )
    }
    files |= {"packs/review/agents/reviewer.md": agent("reviewer", tools="Read, Bash")}
    files |= {"packs/docs/commands/page.md": "---\ndescription: Write a page\n---\n\nWrite.\n"}
    files |= {"packs/notes/agents/a.md": agent("a", tools="*")}
    registry.publish("notes/v0.1.0", files)
    planned = make(registry, out, base_url="https://packs.example/x", dry_run=True).data
    assert files_of(out) == before | {"CNAME": files_of(out)["CNAME"]}
    done = make(registry, out, base_url="https://packs.example/x").data
    assert {key: planned[key] for key in ("written", "removed")} == {key: done[key] for key in ("written", "removed")}
    assert {path.split("/")[1] for path in done["written"] if "/" in path} == {"docs", "notes", "review"}
    assert "packs/review/1.0.0/index.html" not in done["written"]

    registry.publish(
        "docs/v1.0.0",
        {**files, "registry.yaml": files["registry.yaml"].replace("  notes: { path: packs/notes }\n", "")},
    )
    done = make(registry, out, base_url="https://packs.example/x").data
    assert not [path for path in done["written"] if path.startswith("packs/review")]
    assert not (out / "packs" / "notes").exists() and (out / "CNAME").exists()
    (out / "CNAME").unlink()
    make(registry, tmp_path / "anew", base_url="https://packs.example/x")
    assert files_of(tmp_path / "anew") == files_of(out)


def _check_machines(out: Path) -> None:
    index = json.loads((out / "index.json").read_text("utf-8"))
    assert (index["schema"], index["registry"], len(index["commit"])) == (1, "acme", 40)
    rows = {row["pack"]: row for row in index["packs"]}
    assert rows["review"]["grants"] == ["exec", "read"] and rows["far"]["git"] == "https://git.example/far.git"
    assert rows["docs"]["version"] is None and rows["docs"]["deprecated"] == "use review"
    info = json.loads((out / "packs" / "review" / "index.json").read_text("utf-8"))
    told = set(
        "pack path description versions yanked version ref commit items requires grants context registry".split()
    )
    assert told <= set(info) and info["requires"] == {"docs": "*"} and info["versions"] == ["1.1.0", "1.0.0"]
    feed = ElementTree.fromstring((out / "feed.xml").read_bytes())
    assert [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")] == ["review 1.1.0", "review 1.0.0"]
    assert "<loc>https://packs.example/x/packs/review/1.0.0/</loc>" in (out / "sitemap.xml").read_text("utf-8")
    search = (out / "search.js").read_text("utf-8")
    array = json.loads(search[len("const packs = ") : search.index("\n];") + 2])
    assert [row[0] for row in array] == ["docs", "far", "review"] and "grant:exec" in array[2][2]


def _check_review(out: Path) -> None:
    page = (out / "packs" / "review" / "index.html").read_text("utf-8")
    assert "<em>runs</em> the tests" in page and "it deleted files" in page and "runs commands" in page
    assert '<a href="../../packs/docs/index.html">docs</a>' in page
    version = (out / "packs" / "review" / "1.1.0" / "index.html").read_text("utf-8")
    assert "agent:reviewer may now: exec" in version and "agentsync add acme/review@1.1.0" in version
    old = (out / "packs" / "review" / "1.0.0" / "index.html").read_text("utf-8")
    assert "This version was yanked." in old


@pytest.mark.slow
def test_hostile(tmp_path: Path) -> None:
    """Every pack has its page, nothing of its text is markup, and the one that is not there is exit 1."""
    registry, out = hostile(tmp_path / "hostile.git"), tmp_path / "out"
    outcome = make(registry, out)
    assert outcome.exit is Exit.DIFFERS
    check(json.loads(json_document("registry site", outcome.exit, {**outcome.data, "notes": [], "findings": []}, ())))
    assert [one["pack"] for one in outcome.data["failed"]] == ["gone"]
    assert [finding.pack for finding in outcome.findings if finding.rule == "pack-unreadable"] == ["gone"]
    check_pages(out)
    rows = {row["pack"]: row["page"] for row in json.loads((out / "index.json").read_text("utf-8"))["packs"]}
    assert set(ODD_NAMES) <= set(rows) and all((out / page).is_file() for page in rows.values())
    assert "could not be shown" in (out / rows["gone"]).read_text("utf-8")
    evil = (out / rows["evil"]).read_text("utf-8")
    assert "⟨U+202E⟩txet neddih" in evil and not re.search("[\u202a-\u202e\u200b]", evil)
    links = [attributes["href"] or "" for tag, attributes in Elements(evil).found if tag == "a"]
    assert [link for link in links if "//" in link] == ["https://good.example/x"]
    assert (out / rows["huge"]).stat().st_size < 1_500_000
    again = make(registry, out)
    assert again.exit is Exit.DIFFERS and again.data["written"] == [] and again.findings == outcome.findings


@pytest.mark.slow
def test_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends at any write is made good by the next one, to the same bytes."""
    registry = friendly(tmp_path / "acme.git")
    make(registry, tmp_path / "whole")
    write = SiteFolder.write
    for count in (1, 2, 9, 20):
        left = [count]

        def failing(folder: SiteFolder, path: str, data: bytes, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                (folder.root / f"{path}.new").parent.mkdir(parents=True, exist_ok=True)
                (folder.root / f"{path}.new").write_bytes(data[:10])
                raise InterruptedError
            write(folder, path, data)

        out = tmp_path / f"out{count}"
        with monkeypatch.context() as patch, pytest.raises(InterruptedError):
            patch.setattr(SiteFolder, "write", failing)
            make(registry, out)
        make(registry, out)
        assert files_of(out) == files_of(tmp_path / "whole"), count


def test_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of others, bad options, no registry, no libraries: exit 2 or 3, and nothing is touched."""
    registry, out = friendly(tmp_path / "acme.git"), tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="not of a catalogue") as refused:
        make(registry, out)
    assert "notes.txt" in refused.value.why and files_of(out).keys() == {"notes.txt"}
    (out / "notes.txt").unlink()
    make(registry, out)
    made = files_of(out)
    (out / "packs" / "mine.html").write_text("mine")
    with pytest.raises(UsageError, match="not of a catalogue"):
        make(registry, out)
    (out / "packs" / "mine.html").unlink()
    (out / "packs" / "review" / "version.svg").unlink()
    assert make(registry, out).data["written"] == ["packs/review/version.svg"] and files_of(out) == made
    (out / ".site.json").write_text("[")
    with pytest.raises(UsageError, match="not of a catalogue"):
        make(registry, out)
    (tmp_path / "file").write_text("")
    options: Any
    for options in ({"out": ""}, {"versions": "many"}, {"base_url": "packs"}, {"out": str(tmp_path / "file")}):
        with pytest.raises(UsageError):
            command.site(**{"path": str(registry.path), "out": str(tmp_path / "new"), **options})
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(AgentsyncError):
            make(path, tmp_path / "new")
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "nh3" else object())
    with pytest.raises(UsageError) as lacking:
        make(registry, tmp_path / "new")
    assert lacking.value.hint == "pip install 'agentsync[site]'" and not (tmp_path / "new").exists()
