"""`registry.yaml`: what it says of each pack, and what is refused."""

from __future__ import annotations

import pytest

from agentsync.errors import ResolutionError
from agentsync.formats.git_url import parse_git_url
from agentsync.formats.plain_yaml import read_plain
from agentsync.model.pack import Offer
from agentsync.registries.registry_file import RegistryFile, parse_registry_file

HERE = parse_git_url("https://git.acme.example/ai/agents.git")


def read(packs: str, git: str = HERE.text) -> RegistryFile:
    """A registry with these packs."""
    return parse_registry_file(f"registry: 1\npacks: {packs}\n", name="registry.yaml of x", git=parse_git_url(git))


def test_every_key() -> None:
    """Every key, and the defaults of those that are missing."""
    text = """\
registry: 1
name: acme
description: Ours
packs:
  web:
    path: packs/web
    description: For pages
    tags: "web-{version}"
    keywords: [html, css]
    deprecated: use site
    yanked: ["1.3.0", 1.4]
  far: { git: "https://h.example/far.git" }
"""
    found = parse_registry_file(text, name="registry.yaml of x", git=HERE)
    assert (found.name, found.description) == ("acme", "Ours")
    web, far = found.offers
    assert web == Offer(
        "web",
        HERE,
        "packs/web",
        description="For pages",
        tag_template="web-{version}",
        deprecated="use site",
        yanked={"1.3.0": "", "1.4": ""},
        keywords=("html", "css"),
    )
    assert far == Offer("far", parse_git_url("https://h.example/far.git"), elsewhere=True)


def test_a_list_of_plain_lines_is_what_yaml_reads() -> None:
    """It is read without places; with a flow mapping in it, it is not."""
    text = """\
registry: 1
description: "Ours, and theirs: all"  # of them
packs:
  web:
    path: packs/web
    description: Pages, forms (and C# too), w:3, it's "all" there – naïve
    keywords: [html, code review, größe]
    deprecated: true
  db: { path: packs/db }
renames:
  site: web
"""
    plain = text.replace("{ path: packs/db }", "\n    path: packs/db")
    assert read_plain(plain) is not None and read_plain(text) is None
    quick, slow = (parse_registry_file(each, name="registry.yaml of x", git=HERE) for each in (plain, text))
    assert quick == slow
    assert slow.offers[0].description == 'Pages, forms (and C# too), w:3, it\'s "all" there – naïve'


@pytest.mark.parametrize(
    ("written", "meant"), [("true", "it is deprecated"), ("false", ""), ("use site", "use site"), ("''", "")]
)
def test_deprecated(written: str, meant: str) -> None:
    """A reason, or only that it is."""
    assert read(f"{{web: {{deprecated: {written}}}}}").offers[0].deprecated == meant


@pytest.mark.parametrize(
    ("path", "meant"), [(".", ""), ("./", ""), ("./packs/web/", "packs/web"), ("packs/web", "packs/web")]
)
def test_paths(path: str, meant: str) -> None:
    """Relative to the repository; a dot is all of it."""
    assert read(f"{{web: {{path: {path}}}}}").offers[0].path == meant


def test_another_repository_on_disk() -> None:
    """Its path starts from the registry, which has to be on disk itself."""
    (offer,) = read("{far: {git: ../far.git}}", git="/srv/git/agents.git").offers
    assert offer.git.location == "/srv/git/far.git"
    with pytest.raises(ResolutionError, match="a path on this machine"):
        read("{far: {git: /srv/git/far.git}}")


@pytest.mark.parametrize(
    ("packs", "told"),
    [
        ("{web: {path: ../up}}", "unsafe path"),
        ("{web: {path: a/../../up}}", "unsafe path"),
        ("{web: {path: /etc}}", "unsafe path"),
        ("{web: {path: /}}", "unsafe path"),
        ("{web: {path: [a]}}", "must be a text"),
        ("{web: {yanked: 1.3.0}}", "web.yanked must be a list"),
        ("{web: {yanked: [[1]]}}", "must be a text"),
        ("{web: {keywords: html}}", "must be a list"),
        ("{web: {tags: v}}", "{version}"),
        ("{web: {deprecate: x}}", "unknown key 'deprecate'"),
        ("{web: packs/web}", "must be a mapping"),
        ("{web: {git: 'ext::sh -c id'}}", "is refused"),
        ("{web: {}, web: {}}", "duplicate key"),
        ("[web]", "packs must be a mapping"),
        ("{a/b: {}}", "'a/b' cannot be the name of a pack"),
        ("{'a b': {}}", "'a b' cannot be the name of a pack"),
        ("{'': {}}", "'' cannot be the name of a pack"),
        ("{-x: {}}", "'-x' cannot be the name of a pack"),
    ],
)
def test_what_is_refused(packs: str, told: str) -> None:
    """With file, line and column."""
    with pytest.raises(ResolutionError, match=r"^registry\.yaml of x, line \d+, column \d+: ") as caught:
        read(packs)
    assert told in caught.value.what


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("packs: {}\n", "`registry: 1` is expected"),
        ("", "`registry: 1` is expected"),
        ("registry: 2\n", "unknown format"),
    ],
)
def test_the_format(text: str, told: str) -> None:
    """Its number comes first: a newer format may have other keys."""
    with pytest.raises(ResolutionError, match=told):
        parse_registry_file(text, name="registry.yaml of x", git=HERE)
