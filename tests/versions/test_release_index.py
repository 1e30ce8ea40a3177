"""The tags of a repository parted among its packs: each template, what is ambiguous, what is left aside."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentsync.versions.release_index import ReleaseIndex, suggested_template
from agentsync.versions.tag_template import PER_PACK_TEMPLATES


def found(packs: str, tags: str, template: str = "") -> dict[str, dict[str, str]]:
    """The tags by version, by pack."""
    index = ReleaseIndex(tags.split(), packs.split(), template)
    return {pack: {str(one.version): one.tag for one in index.releases(pack)} for pack in packs.split()}


@pytest.mark.parametrize("template", PER_PACK_TEMPLATES)
def test_every_template(template: str) -> None:
    """It reads the tags of its pack, and hides those of the whole repository."""
    tag = template.replace("{pack}", "pdf").replace("{version}", "1.2.0").replace("SCOPE", "acme")
    assert found("pdf doc", f"{tag} v9.0.0") == {"pdf": {"1.2.0": tag}, "doc": {"9.0.0": "v9.0.0"}}


def test_an_earlier_template_wins_where_two_tags_mean_one_version() -> None:
    """In the order of the list."""
    tags = [each.format(pack="a", version="1.0").replace("SCOPE", "s") for each in PER_PACK_TEMPLATES]
    for place, tag in enumerate(tags):
        assert found("a", " ".join(reversed(tags[place:]))) == {"a": {"1.0": tag}}


@pytest.mark.parametrize(
    ("packs", "tags", "expected"),
    [
        ("pdf pdf-tools", "pdf-1.0.0 pdf-tools-1.2.0", {"pdf": "pdf-1.0.0", "pdf-tools": "pdf-tools-1.2.0"}),
        ("pdf pdf-v", "pdf-v1.0 pdf-v-v2.0", {"pdf": "pdf-v1.0", "pdf-v": "pdf-v-v2.0"}),
        ("foo", "foo-1-2.0", {"foo": ""}),
        ("foo foo-1", "foo-1-2.0", {"foo": "", "foo-1": "foo-1-2.0"}),
        ("gpt gpt-4", "gpt-2.0 gpt-4-1.1 gpt-4-3", {"gpt": "gpt-2.0", "gpt-4": "gpt-4-1.1"}),
        ("v x", "v1.0 v-2.0", {"v": "v-2.0", "x": "v1.0"}),
        ("3 x", "3-1.0.0 3.1.0", {"3": "3-1.0.0", "x": "3.1.0"}),
        ("a a-", "a--v1.0", {"a": "", "a-": ""}),
        ("py3 py", "py3-1.0 py-2.0", {"py3": "py3-1.0", "py": "py-2.0"}),
        ("repo x", "repo-1.0.0", {"repo": "repo-1.0.0", "x": ""}),
        ("a b", "@s/a@1.0 @t/b@2.0", {"a": "@s/a@1.0", "b": "@t/b@2.0"}),
        ("a b", "@s/a@1.0 @t/a@2.0 v3.0", {"a": "v3.0", "b": "v3.0"}),
        ("a", "@s/a@1.0 @s/a@v2.0 a-0.1", {"a": "@s/a@v2.0"}),
        ("a", "@s/b@1.0 @a@1.0 x/a@1.0", {"a": ""}),
    ],
)
def test_a_tag_of_several_packs_is_the_one_pack_s_that_it_can_be(
    packs: str, tags: str, expected: dict[str, str]
) -> None:
    """Names that hold each other, numbers in names, packs called like a template; in doubt it is no pack's."""
    for order in (tags.split(), tags.split()[::-1]):
        newest = {pack: next(iter(each.values()), "") for pack, each in found(packs, " ".join(order)).items()}
        assert newest == expected


def test_a_number_without_a_dot_counts_only_where_no_version_has_one() -> None:
    """A date is none beside versions, with a `v` or without; `v2` is a version in any case."""
    assert found("r", "20250731 v0.1.0 v0.2.0") == {"r": {"0.2.0": "v0.2.0", "0.1.0": "v0.1.0"}}
    assert found("r", "v20250731 20250731-2 0.2.0") == {"r": {"0.2.0": "0.2.0"}}
    assert found("r", "r-20250731 r-0.2.0 7") == {"r": {"0.2.0": "r-0.2.0"}}
    assert found("r", "20250731 20250630 nightly 1.x") == {"r": {"20250731": "20250731", "20250630": "20250630"}}
    assert found("r", "v2 v1.5.0") == {"r": {"2": "v2", "1.5.0": "v1.5.0"}}
    assert ReleaseIndex(["20250731", "v0.1.0"], ["r"]).unread("r").bare == ("20250731",)


def test_the_template_of_a_registry_is_tried_first() -> None:
    """No other counts where it gives a release; the usual ones do where it gives none."""
    tags = "release_1.0 v2.0 pdf_3.0 pdf-v4.0"
    assert found("pdf doc", tags, "{pack}_{version}") == {"pdf": {"3.0": "pdf_3.0"}, "doc": {"2.0": "v2.0"}}
    assert found("pdf doc", tags, "release_{version}")["doc"] == {"1.0": "release_1.0"}
    assert found("pdf doc", tags, "r-{version}")["pdf"] == {"4.0": "pdf-v4.0"}
    assert found("2 a", "1.0-2-a 1.0-a", "{version}-{pack}")["a"] == {"1.0.post2": "1.0-2-a", "1.0": "1.0-a"}
    assert found("gpt gpt-4", "gpt-4-3", "{pack}-{version}") == {"gpt": {}, "gpt-4": {}}
    assert ReleaseIndex(["gpt-4-3"], ["gpt", "gpt-4"]).unread("gpt").ambiguous == ("gpt-4-3",)


def test_tags_in_an_unknown_template_are_named() -> None:
    """To a pack without releases all of them, to another one those with its name; with the template that reads them."""
    tags = ["pdf.1.2.0", "rel/1.0", "ver2.0-rc1", "nightly", "2024-01-02", "my.pdfs.9.9"]
    assert ReleaseIndex(tags, ["pdf", "doc"]).unread("doc").unknown == tuple(tags[:3] + tags[5:])
    assert ReleaseIndex([*tags, "v1.0"], ["pdf", "doc"]).unread("pdf").unknown == ("pdf.1.2.0",)
    assert ReleaseIndex([*tags, "v1.0"], ["pdf", "doc"]).unread("doc").unknown == ()
    for pack, tag in (("pdf", "pdf.1.2.0"), ("doc", "ver2.0-rc1"), ("pdf", "x/pdf_v1.0")):
        template = suggested_template(pack, tag)
        assert template is not None
        assert [one.tag for one in ReleaseIndex([tag], [pack], template).releases(pack)] == [tag]
    assert suggested_template("pdf", "nightly") is None
    assert suggested_template("pdf", "{x}1.0") is None


NAMES = st.lists(
    st.text("ab1-_.v", min_size=1, max_size=4),
    min_size=1,
    max_size=5,
    unique=True,
)
OTHERS = ("v{version}", "{version}", "{pack}{version}", "{pack}-{pack}-{version}")
VERSIONS = st.sampled_from(["1", "2", "1.0", "1.2", "1-2", "1.0rc1", "20250731", "1.x", "v1"])


@st.composite
def repositories(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Packs, and tags that are made of their names."""
    packs = draw(NAMES)
    template = st.sampled_from([*PER_PACK_TEMPLATES, *OTHERS])
    one = st.builds(
        lambda template, pack, version: template.format(pack=pack, version=version),
        template,
        st.sampled_from(packs),
        VERSIONS,
    )
    return packs, draw(st.lists(one, max_size=12))


@given(repositories(), st.randoms(use_true_random=False), st.sampled_from(["", "{pack}-{version}", "{pack}{version}"]))
@example((["1", "_1", "_"], ["_1-1"]), random.Random(0), "{pack}{version}")
def test_no_tag_is_a_release_of_two_packs(
    repository: tuple[list[str], list[str]], chance: random.Random, template: str
) -> None:
    """Whatever packs and tags are called, and in whatever order they come."""
    packs, tags = repository

    def read(packs: Sequence[str], tags: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        index = ReleaseIndex(tags, packs, template)
        return {pack: [(str(one.version), one.tag) for one in index.releases(pack)] for pack in sorted(packs)}

    by_pack = read(packs, tags)
    assert by_pack == read(chance.sample(packs, len(packs)), chance.sample(tags, len(tags)))
    # What one tag means depends on no other one.
    doubtful = {pack: set(ReleaseIndex(tags, packs).unread(pack).ambiguous) for pack in packs}
    for tag in (tag for tag in tags if not tag.startswith("@")):
        alone = ReleaseIndex([tag], packs)
        assert all((tag in doubtful[pack]) == (tag in alone.unread(pack).ambiguous) for pack in packs)
    owners: dict[str, set[str]] = {}
    for pack, releases in by_pack.items():
        for _, tag in releases:
            owners.setdefault(tag, set()).add(pack)
    own = {tag: who for tag, who in owners.items() if len(who) > 1}
    # Only what is the whole repository's is shared, and by no pack that has tags of its own.
    assert all(tag[:1].isdigit() or (tag[:1] == "v" and tag[1:2].isdigit()) for tag in own)


def test_each_pack_may_have_its_own_template() -> None:
    """Only the tags that begin as it says are looked at, whatever stands around them."""
    tags = ["a+v1.0", "a+v1.1", "a,v9.0", "a", "a+v", "ab+v2.0", "\U0010ffff", "b+v3.0"]
    index = ReleaseIndex(tags, ["a", "ab", "b", "c"])
    found = {pack: [one.tag for one in index.releases(pack, f"{pack}+v{{version}}")] for pack in ("a", "ab", "b", "c")}
    assert found == {"a": ["a+v1.1", "a+v1.0"], "ab": ["ab+v2.0"], "b": ["b+v3.0"], "c": []}
