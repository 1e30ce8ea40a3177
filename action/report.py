"""What the documents of agentsync say: counts, and reports as Markdown that no text from a repository breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_CLEAN: Final = ("in sync", "kept")
_NEWER: Final = ("behind", "pinned")
_MOST: Final = 20


def drifted(document: Mapping[str, Any]) -> int:
    """Return how many files are not as they should be."""
    data = document["data"].get("drift", document["data"])
    if "files" not in data:  # a summary of something else
        return 0
    return sum(number for word, number in data.get("summary", {}).items() if word not in _CLEAN and _is_number(number))


def _is_number(value: object) -> bool:
    return isinstance(value, int)


def outdated(document: Mapping[str, Any]) -> int:
    """Return how many packs could be newer, or just became newer."""
    data = document["data"]
    behind = [row for row in data.get("packs", ()) if row.get("upstream") in _NEWER]
    return len(behind) or len(data.get("versions", ()))


def is_told(document: Mapping[str, Any]) -> bool:
    """Return whether there is anything that is told and does not fail by itself."""
    data = document["data"]
    pinned = any(row.get("upstream") == "pinned" for row in data.get("packs", ()))
    return pinned or any(data.get(key) for key in ("notes", "findings", "told"))


def code(text: object) -> str:
    """Return a text as code: no mark of Markdown and no line end in it counts."""
    letters = (one if one.isalnum() or one in " /.-_" else f"&#{ord(one)};" for one in str(text))
    return f"<code>{''.join(letters)}</code>"


def joined(parts: Sequence[tuple[str, str]]) -> str:
    """Return the reports of all folders as one."""
    if len(parts) == 1:
        return parts[0][1]
    return "\n\n".join(f"### {code(folder)}\n\n{text}" for folder, text in parts)


def of_document(command: str, document: Mapping[str, Any], held: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return a report of a command that has none of its own.

    Args:
        held: the items whose gain of power was not agreed to; their packs stay as they are.
    """
    data = document["data"]
    lines = [f"**agentsync {command}**: {_outcome(document)}"]
    subjects = {row["pack"]: row["subjects"] for row in data.get("commits", ())}
    for row in data.get("versions", ()):
        lines.append(f"- {code(row['pack'])} {code(row['from'] or 'new')} → {code(row['to'] or 'removed')}")
        lines += [f"  - {code(subject)}" for subject in _first(subjects.get(row["pack"], ()))]
    lines += _gains("Needs a yes, and is not part of this", held)
    lines += [f"- {code(row['path'])}: {row['drift']}, left as it is" for row in _first(data.get("stopped", ()))]
    lines += [f"- {code(row['path'])}: conflict" for row in _first(data.get("conflicts", ()))]
    for pack in data.get("packs", ()):
        lines += [f"- {code(pack['pack'])}: {code(why)}" for why in pack.get("errors", ())]
    lines += [f"- {code(': '.join(filter(None, (one['what'], one['why']))))}" for one in document["errors"]]
    return "\n".join([lines[0], "", *lines[1:]]).rstrip("\n")


def _gains(title: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if rows:
        yield f"\n**{title}:**\n"
    for row in rows:
        yield f"- {code(row['item'])} of {code(row['pack'])}: {', '.join(map(code, row['gained']))}"


def _outcome(document: Mapping[str, Any]) -> str:
    if document["errors"]:
        return "failed"
    data = document["data"]
    number = len(data.get("changed", ())) or drifted(document)
    if number:
        return f"{number} file{'' if number == 1 else 's'} {'changed' if data.get('changed') else 'drifted'}"
    return "nothing to do" if document["exit"] == 0 else "there is something to look at"


def _first(rows: Sequence[Any]) -> Sequence[Any]:
    return rows[:_MOST]
