"""Rows of the catalogue: what its index knows of each pack, for machines, for the search and for the list."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from agentsync.catalogue.pages import date_of, kinds_of
from agentsync.catalogue.places import INDEX
from agentsync.catalogue.power import class_of, power_of
from agentsync.catalogue.safe_text import shown
from agentsync.catalogue.source import ListedPack, Source
from agentsync.model.pack_info import Holdings

Row = dict[str, Any]

_LONGEST_WORDS: Final = 4_000
_LONGEST_ABOUT: Final = 240
_MOST_KEYWORDS: Final = 200


def row_of(
    pack: ListedPack, page: str, holds: Holdings | None, error: str = "", unreadable: Mapping[str, str] | None = None
) -> Row:
    """Return what `index.json` says of a pack; what there is none of is absent."""
    newest = pack.newest
    row: Row = {"pack": pack.name, "path": pack.offer.path, "description": pack.offer.description}
    row |= {"keywords": list(pack.offer.keywords), "version": newest.version if newest is not None else None}
    seconds = newest.tag.date if newest is not None else (pack.change.date if pack.change is not None else 0)
    row |= {"date": date_of(seconds)} if seconds else {}
    row |= {"deprecated": pack.offer.deprecated} if pack.offer.deprecated else {}
    row |= {"git": pack.offer.git.text} if pack.offer.elsewhere else {}
    row["items"] = [item.item for item in holds.items] if holds is not None else []
    row["grants"] = list(holds.grants) if holds is not None else []
    row |= {"error": error} if error else {}
    row |= {"unreadable": dict(unreadable)} if unreadable else {}
    return row | {"page": page}


def index_json(source: Source, rows: Sequence[Row]) -> bytes:
    """Return the index of the site for machines."""
    return as_json({"schema": 1, "registry": source.name, "commit": source.commit, "packs": list(rows)})


def as_json(data: Any) -> bytes:
    """Return data as a JSON text that is the same for the same data."""
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def search_array(rows: Iterable[Row]) -> bytes:
    """Return the array that the search looks into, as JavaScript: name, description and words of each pack."""
    lines = (json.dumps(_searched(row), ensure_ascii=True, separators=(",", ":")) for row in rows)
    return b"const packs = [\n" + ",\n".join(lines).encode() + b"\n];\n"


def _searched(row: Row) -> list[str]:
    about = shown(" ".join(row["description"].split()))
    about = about if len(about) <= _LONGEST_ABOUT else f"{about[: _LONGEST_ABOUT - 3]}..."
    names = " ".join(dict.fromkeys(item.partition(":")[2] for item in row["items"]))
    kinds = kinds_of(row["items"])
    folder = row["page"].split("/")[1]
    marks = [
        *(f"page:{folder}" for _ in range(folder != row["pack"])),
        *(f"version:{_joined(row['version'])}" for _ in range(row["version"] is not None)),
        *(f"kind:{kind}" for kind, _ in kinds),
        *(f"count:{kind}-{number}" for kind, number in kinds if number > 1),
        *(f"grant:{name}" for name in dict.fromkeys(map(class_of, row["grants"]))),
        *(f"keyword:{_joined(word)}" for word in row["keywords"]),
        *(["deprecated"] if "deprecated" in row else []),
    ]
    words = shown(" ".join((*marks, names)))
    return [shown(row["pack"]), about, words[:_LONGEST_WORDS]]


def _joined(text: str) -> str:
    return "-".join(text.split())


class Choice(NamedTuple):
    """A value of a filter: what a person reads for it, and whether packs that have it are marked."""

    value: str
    words: str
    strong: bool = False


def filters_of(rows: Sequence[Row]) -> list[tuple[str, list[Choice]]]:
    """Return the filters of the search by name, each with its values."""
    keywords = Counter(_joined(word).lower() for row in rows for word in row["keywords"])
    often = sorted(keywords, key=lambda word: (-keywords[word], word))[:_MOST_KEYWORDS]
    kinds = sorted({kind for row in rows for kind, _ in kinds_of(row["items"])})
    powers = {one for row in rows for one in power_of(row["grants"])}
    grants = {class_of(one.grant): one for one in sorted(powers, key=lambda one: one.strong)}
    found = [
        ("kind", [Choice(kind, kind) for kind in kinds]),
        ("keyword", [Choice(word, word) for word in sorted(often)]),
        ("grant", [Choice(name, one.words or name, one.strong) for name, one in sorted(grants.items())]),
    ]
    return [(name, values) for name, values in found if values]


def page_of(folder: str) -> str:
    """Return the page of a pack by its folder."""
    return f"packs/{folder}/{INDEX}"
