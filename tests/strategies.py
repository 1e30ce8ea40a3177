"""What Hypothesis draws from: texts, paths, digests, locks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

from agentsync.model.digest import FileDigest
from agentsync.model.item import Choice, ClaudeCode, HeaderStatus, Kind
from agentsync.model.lock import Lock, LockedItem, LockedPack
from agentsync.model.names import PackName
from agentsync.model.rel_path import RelPath, why_unsafe
from agentsync.model.slot import EntryPath

# Texts that a file in UTF-8 can hold, and that are short enough for a key.
TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WORDS: Final = st.text(st.sampled_from("abxyz019-_.:/ {}[]#'\"\n\té😀"), min_size=1, max_size=8)
ANY_TEXT: Final = st.one_of(TEXTS, WORDS)
SOME_TEXT: Final = ANY_TEXT.filter(bool)

HEX_DIGITS: Final = "0123456789abcdef"
OBJECT_IDS: Final = st.one_of(
    st.text(HEX_DIGITS, min_size=40, max_size=40), st.text(HEX_DIGITS, min_size=64, max_size=64)
)
_SUMS: Final = st.text(HEX_DIGITS, min_size=64, max_size=64)
# Of a file it may be known more; this is what is written.
DIGESTS: Final = st.builds(
    FileDigest,
    _SUMS,
    st.booleans(),
    st.just("") | _SUMS,
    is_script=st.just(value=False),
    has_mode=st.just(value=True),
    kin=st.just("") | st.text(HEX_DIGITS, min_size=12, max_size=12),
)

_NAMES: Final = st.text(st.sampled_from("abcXYZ019-_. ()&#,'é日😀"), min_size=1, max_size=6)
PATHS: Final = (
    st.lists(_NAMES, min_size=1, max_size=3).map("/".join).filter(lambda path: why_unsafe(path) is None).map(RelPath)
)

_TABLES: Final = st.sampled_from(["/mcpServers", "/amp.mcpServers", "/a~1b/c"])
ENTRIES: Final = st.one_of(
    st.builds(EntryPath.of, st.sampled_from([".mcp.json", ".codex/config.toml"]).map(RelPath), _TABLES, _NAMES),
    st.builds(EntryPath.of_section, st.just(RelPath("AGENTS.md")), st.builds("{}/p rule:{}".format, _NAMES, _NAMES)),
).filter(lambda path: not path.endswith(" "))


def tuples(texts: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """A few texts."""
    return st.lists(texts, max_size=3).map(tuple)


def mappings(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Mapping[str, Any]]:
    """A small mapping from texts."""
    return st.dictionaries(ANY_TEXT, values, max_size=3)


TOOL_NAMES: Final = st.sampled_from(("tool-1", "tool-2"))
CHOICES: Final = st.builds(
    Choice,
    only=tuples(ANY_TEXT),
    excluded=tuples(ANY_TEXT),
    targets=tuples(SOME_TEXT),
    rename=mappings(ANY_TEXT),
    prefix=st.booleans(),
    edits=mappings(mappings(st.one_of(ANY_TEXT, tuples(ANY_TEXT)))),
    own_edits=mappings(st.dictionaries(TOOL_NAMES, mappings(st.one_of(ANY_TEXT, tuples(ANY_TEXT))), min_size=1)),
).map(
    lambda choice: choice._replace(
        edits={key: edits for key, edits in choice.edits.items() if edits or key not in choice.own_edits}
    )
)
ITEMS: Final = st.builds(
    LockedItem,
    key=st.builds(lambda kind, name: f"{kind}:{name}", st.sampled_from(Kind), ANY_TEXT),
    path=SOME_TEXT,
    header=st.sampled_from(HeaderStatus),
    claude_code=st.sampled_from(ClaudeCode),
    grants=tuples(ANY_TEXT),
    own=st.just("") | ANY_TEXT,
    native=st.dictionaries(TOOL_NAMES, SOME_TEXT).map(lambda found: tuple(sorted(found.items()))),
    not_for=tuples(TOOL_NAMES),
    waits=tuples(ANY_TEXT),
)


@st.composite
def packs(draw: st.DrawFn, name: str) -> LockedPack:
    """A pack as a lock may hold it: from git, or from a folder."""
    is_folder = draw(st.booleans())
    items = draw(st.lists(ITEMS, max_size=3, unique_by=lambda item: item.key))
    return LockedPack(
        name=PackName(name),
        version=draw(st.none() | SOME_TEXT),
        git=None if is_folder else draw(SOME_TEXT),
        ref=draw(ANY_TEXT),
        commit="" if is_folder else draw(OBJECT_IDS),
        tree=draw(OBJECT_IDS),
        path=draw(ANY_TEXT),
        requested=draw(ANY_TEXT),
        folder=draw(SOME_TEXT) if is_folder else "",
        registry=draw(st.none() | SOME_TEXT),
        offer=draw(st.just("") | OBJECT_IDS),
        choice=draw(CHOICES),
        declared=draw(mappings(tuples(ANY_TEXT))),
        requires=draw(mappings(ANY_TEXT)),
        items=tuple(sorted(items, key=lambda item: item.key)),
        files=draw(st.dictionaries(PATHS, DIGESTS, max_size=4)),
        entries=draw(st.dictionaries(ENTRIES, DIGESTS, max_size=2)),
        kept=draw(st.dictionaries(PATHS, st.none() | DIGESTS, max_size=2)),
    )


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    """A whole lock."""
    names = draw(st.lists(SOME_TEXT, max_size=3, unique=True))
    forms = st.dictionaries(SOME_TEXT, st.integers(1, 3), min_size=1, max_size=2)
    targets = draw(st.one_of(st.just({"claude-code": 1}), forms))
    return Lock({name: draw(packs(name)) for name in names}, targets)
