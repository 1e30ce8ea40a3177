"""`pack.yaml`, and the dependencies of a `plugin.json`."""

from __future__ import annotations

import pytest

from agentsync.errors import ResolutionError
from agentsync.formats.git_url import parse_git_url
from agentsync.packs.pack_file import Need, PackFile, needs_of_plugin, parse_pack_file

FAR = "https://git.acme.example/tools.git"


def read(text: str) -> PackFile:
    """A `pack.yaml`."""
    return parse_pack_file(text, name="pack.yaml of x")


def test_every_key() -> None:
    """All are optional; an empty file says nothing."""
    text = "name: web\ndescription: For pages\ninclude: [agents]\nexclude: [drafts, '*.txt']\n"
    assert read(text) == PackFile("web", "For pages", (), ("agents",), ("drafts", "*.txt"))
    assert read("") == read("{}") == read("requires:\n") == PackFile()


@pytest.mark.parametrize(
    ("requires", "need"),
    [
        ("{base: '>=1,<2'}", Need("base", ">=1,<2")),
        ("{base: 1.2}", Need("base", "1.2")),
        ("{base: '*'}", Need("base", "*")),
        ("[base]", Need("base", "*")),
        (f"{{base: {{git: {FAR}, version: ^2}}}}", Need("base", "^2", parse_git_url(FAR))),
        (f"{{base: {{git: {FAR}, pack: other}}}}", Need("other", "*", parse_git_url(FAR))),
        (f"[{{git: {FAR}, pack: other, version: '~1'}}]", Need("other", "~1", parse_git_url(FAR))),
        ("{base: {version: ^1}}", Need("base", "^1")),
    ],
)
def test_requirements(requires: str, need: Need) -> None:
    """A range, a list of names, or a mapping that names another registry."""
    assert read(f"requires: {requires}\n").needs == (need,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("requires: {base: soon}", "line 1, column 18"),
        ("requires: {base: [1]}", "a requirement is a version range, or"),
        ("requires: [[base]]", "a requirement is a version range, or"),
        ("requires: base", "requires must be a mapping"),
        ("requires: {base: ^1, base: ^2}", "duplicate key"),
        ("requires: {base: {version: [1]}}", "a version range is a text"),
        ("requires: {base: {versoin: ^1}}", "unknown key 'versoin' in requires.base"),
        (f"requires: [{{git: {FAR}}}]", "names no pack"),
        ("requires: {base: {git: 'ext::sh -c id'}}", "is refused"),
        ("requires: {base: {git: [x]}}", "must be a text"),
        ("include: agents", "include must be a list"),
        ("nmae: x", "unknown key 'nmae'"),
        ("- a", "expected `key: value` lines"),
        ("name: [", "line 2"),
        ("name: &a x", "line 1"),
        ("name: !!python/object:os.system x", "line 1"),
    ],
)
def test_what_is_refused(text: str, told: str) -> None:
    """With file, line and column."""
    with pytest.raises(ResolutionError, match=r"^pack\.yaml of x, line \d+, column \d+: ") as caught:
        read(text + "\n")
    assert told in caught.value.what
    assert caught.value.hint


def test_dependencies_of_a_plugin() -> None:
    """A name may carry its marketplace."""
    data = b'{"dependencies": ["base", "far@market", {"name": "v", "version": "^2", "marketplace": "m"}]}'
    assert needs_of_plugin(data, name="plugin.json of x") == (
        Need("base", "*"),
        Need("far", "*", market="market"),
        Need("v", "^2", market="m"),
    )


@pytest.mark.parametrize(
    "data", [b"{", b'{"dependencies": {}}', b'{"dependencies": [{"name": "v", "version": "soon"}]}']
)
def test_dependencies_that_cannot_be_read(data: bytes) -> None:
    """Name the file."""
    with pytest.raises(ResolutionError, match=r"^plugin\.json of x: "):
        needs_of_plugin(data, name="plugin.json of x")
