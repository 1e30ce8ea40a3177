"""Each registry of a fleet is asked once; the answer is that of `drift --upstream`."""

from __future__ import annotations

from pathlib import Path

from agentsync.fleet.registries import ask_registries
from agentsync.formats.git_url import parse_git_url
from agentsync.git.cache import Cache
from agentsync.model.fleet import FleetStanding, FoundPack, PackUpstream, PackUse
from tests.cli.packs import agent
from tests.git.conftest import cache, git_calls
from tests.git.kit import GitCalls
from tests.git_registry import GitRegistry

__all__ = ["cache", "git_calls"]

LIST = "registry: 1\npacks:\n  web: {path: web, yanked: {1.1.0: it deletes files}}\n"


def test_every_answer(tmp_path: Path, cache: Cache, git_calls: GitCalls) -> None:
    """Newer, within several ranges, outside, moved, yanked, gone, by branch; one that is not there fails alone."""
    registry = GitRegistry(tmp_path / "acme.git")
    releases = {}
    for version in ("1.0.0", "1.1.0", "1.2.0", "2.0.0"):
        files = {"registry.yaml": LIST, "web/agents/a.md": agent("a", version)}
        releases[version] = registry.publish(f"web-v{version}", files)

    def web(version: str, wanted: str, *, alias: str = "acme", commit: str = "", pack: str = "web") -> FoundPack:
        name, commit = f"{alias}/{pack}", commit or releases[version]
        found = FoundPack("", name, version, commit, "", registry=registry.url)
        return found._replace(tag=f"web-v{version}", wanted=wanted)

    branch = FoundPack("", "acme/web", None, releases["2.0.0"], "", registry=registry.url, wanted="branch:main")
    other = FoundPack(
        pack="x/y", version="1.0.0", commit="0" * 40, tag="v1", folder="", tree="", registry=str(tmp_path)
    )
    packs = [
        web("1.0.0", "^1.0"),
        web("1.0.0", "^1.0", alias="other"),
        web("1.0.0", "^1.0 and <1.2"),
        web("1.2.0", "^1.0"),
        web("2.0.0", ""),
        web("1.0.0", "^1.0", commit=releases["1.2.0"]),
        web("1.1.0", "^1.1"),
        web("1.0.0", "", pack="gone"),
        branch,
        branch._replace(commit=releases["1.0.0"]),
        other,
        other._replace(registry=""),
    ]
    nothing = PackUpstream()
    uses = [PackUse(number, pack, nothing, 1, 0) for number, pack in enumerate(packs)]
    named = {"acme": parse_git_url(registry.url)}
    found = ask_registries(cache, uses, named, every=False)
    moved = f"the tag web-v1.0.0 moved: locked {releases['1.2.0']}, now {releases['1.0.0']}"
    outdated = FleetStanding.OUTDATED
    assert found.packs == {
        0: PackUpstream(outdated, "1.2.0"),
        1: PackUpstream(outdated, "1.2.0"),
        2: PackUpstream(None, "", "2.0.0 is there, and ^1.0 and <1.2 does not allow it"),
        3: PackUpstream(None, "", "2.0.0 is there, and ^1.0 does not allow it"),
        4: PackUpstream(None, "2.0.0"),
        5: PackUpstream(FleetStanding.MOVED_TAG, "", moved),
        6: PackUpstream(outdated, "1.2.0", "1.1.0 was yanked: it deletes files"),
        7: PackUpstream(outdated, "", found.packs[7].told),
        8: PackUpstream(None, f"main@{releases['2.0.0'][:12]}"),
        9: PackUpstream(outdated, f"main@{releases['2.0.0'][:12]}"),
    }
    assert "gone" in found.packs[7].told
    assert not found.failures
    assert sum("ls-remote" in call or "upload-pack" in call for call in git_calls.take()) <= 2
    also = ask_registries(cache, uses, named, every=True)
    assert also.packs == found.packs
    assert list(also.failures) == [str(tmp_path)]
