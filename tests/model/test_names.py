"""Names of packs and keys of items: their parts, and that they are their text."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.names import ItemKey, PackName, close_to

WORDS = st.text(st.characters(exclude_characters="/:", exclude_categories=["Cs"]), min_size=1)
RESTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(WORDS, RESTS)
def test_the_parts_of_a_pack_of_a_registry(alias: str, pack: str) -> None:
    """The alias stands before the first slash, and everything behind it is the pack's own name."""
    name = PackName.of(alias, pack)
    assert (name.alias, name.pack, name.has_registry) == (alias, pack, True)
    assert PackName(str(name)) == name == f"{alias}/{pack}"
    assert name.is_named_by(alias)
    assert name.is_named_by(f"{alias}/{pack}")
    assert name.endswith(name.last)


@given(WORDS)
def test_the_parts_of_a_name_of_the_manifest_alone(text: str) -> None:
    """There is no registry: the whole name stands for itself."""
    name = PackName(text)
    assert (name.alias, name.pack, name.last, name.has_registry) == (text, "", text, False)
    assert name.is_named_by(text)
    assert not name.is_named_by(f"{text}/x")


@given(WORDS, RESTS)
def test_the_parts_of_an_item(kind: str, name: str) -> None:
    """The kind stands before the first colon; a name may hold more of them."""
    key = ItemKey.of(kind, name)
    assert (key.kind, key.name) == (kind, name)
    assert ItemKey(str(key)) == key == f"{kind}:{name}"


@given(WORDS, RESTS)
def test_names_are_written_sorted_and_looked_up_as_their_text(first: str, rest: str) -> None:
    """JSON, mappings and sorting see no difference."""
    names: list[str] = [PackName.of(first, rest), ItemKey.of(first, rest)]
    for name in names:
        plain = str(name)
        assert json.dumps({name: name}) == json.dumps({plain: plain})
        assert {plain: 1}[name] == {name: 1}[plain] == 1
        assert sorted([name, first, rest]) == sorted([plain, first, rest])


def test_the_item_that_was_meant() -> None:
    """Names are compared, not the kinds before them; the same name of another kind is near."""
    items = ["agent:node-specialist", "agent:writer", "skill:pdf"]
    assert close_to("agent:nope", items) is None
    assert (
        close_to("agent:writter", items) == close_to("agnt:writer", items) == close_to("writr", items) == "agent:writer"
    )
    assert close_to("agent:pdf", items) == "skill:pdf"
