"""The way back from what a tool reads to the source: what goes back gives the edited file again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.item import Kind
from agentsync.model.names import ItemKey
from agentsync.model.rel_path import RelPath
from agentsync.planning.placing import Placed, render
from agentsync.planning.unrendering import source_of
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.tool import FilePlace

AGENTS = [
    place
    for tool in TOOLS.values()
    for place in tool.places.get(Kind.AGENT, ())
    if isinstance(place, FilePlace) and tool.name != "claude-code"
]
HEADERS = st.sampled_from(("name: a\ndescription: d\n", "name: A b\ndescription: d\ntools: Read\nmodel: opus\n"))
TEXTS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20), min_size=1, max_size=4
).map("\n".join)


@given(place=st.sampled_from(AGENTS), header=HEADERS, body=TEXTS, new=TEXTS)
def test_an_edit_of_a_body_comes_back_as_it_was_made(place: FilePlace, header: str, body: str, new: str) -> None:
    """And no edit of anything else does."""
    file = Placed(
        "agents/a.md", RelPath("x"), ItemKey("agent:a"), "agents/a.md", "t", "acme/pack", {}, render=place.render
    )
    source = f"---\n{header}---\n{body}".encode()
    installed = render(file, source).data
    if installed is None or not installed.endswith(body.encode()):
        return
    head = installed[: len(installed) - len(body.encode())]
    edited = head + new.encode()
    if (back := source_of(file, source, edited)) is not None:
        assert back == f"---\n{header}---\n{new}".encode() and render(file, back).data == edited
    else:
        assert render(file, f"---\n{header}---\n{new}".encode()).data != edited
    assert source_of(file, source, b"# " + edited) is None
