"""Words that several reports share: versions, numbers, what was done, what stands in a file's place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from agentsync.late import late
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Replaced, Unreadable
from agentsync.model.grant import RESIDUE, UNREAD
from agentsync.model.plan import CLEAN, Change, Plan
from agentsync.model.slot import EntryPath, SlotPath

_DIGEST: Final = late(r"(:[0-9a-f]{8})[0-9a-f]{24}$")
_HEAD: Final = late(r"^.*?(?= in | for |$)")
_PAST: Final = {
    "set aside": "set aside",
    "write": "wrote",
    "delete": "deleted",
    "replace": "replaced",
    "merge": "merged",
    "adopt": "adopted",
    "release": "released",
    "mode": "chmod",
    "remove": "removed",
    "drop": "dropped",
    "keep": "kept",
    "lock": "locked",
    "unlock": "unlocked",
    "resolve": "resolved",
}
STANDING: Final = {
    Replaced.SYMLINK: "a symlink",
    Replaced.FOLDER: "a folder",
    Replaced.OTHER: "something else",
    Replaced.OWN_FOLDER: "a folder of yours",
    Replaced.OTHER_FORM: "a value in another form, which is not edited",
}


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> count(1, "file"), count(2, "agent in TOML"), count(3, "program for the PATH")
    ('1 file', '2 agents in TOML', '3 programs for the PATH')
    """
    if number == 1:
        return f"1 {noun}"
    head = _HEAD.match(noun)
    end = head.end() if head else len(noun)
    return f"{number} {noun[:end]}s{noun[end:]}"


def power_added(gained: Sequence[str]) -> str:
    """Return what an edit adds to what its item may do, for a person.

    >>> power_added(["exec", "unread:qwen"]), power_added(["unread:qwen"])
    ('adds power: exec; has words for qwen whose power is not known', 'has words for qwen whose power is not known')
    """
    unread = [one.removeprefix(UNREAD) for one in gained if one.startswith(UNREAD)]
    known = [one for one in gained if not one.startswith(UNREAD)]
    told = [f"adds power: {', '.join(shown_grants(known))}"] if known else []
    return "; ".join([*told, *([f"has words for {', '.join(unread)} whose power is not known"] if unread else [])])


def counted_slots(slots: Iterable[SlotPath]) -> str:
    """Return how many files there are, or entries, or both.

    >>> counted_slots([RelPath("a"), EntryPath(".mcp.json#/mcpServers/db")])
    '1 file, 1 entry'
    """
    kinds = [isinstance(slot, EntryPath) for slot in slots]
    entries = kinds.count(True)
    files = len(kinds) - entries
    told = [count(files, "file")] if files or not entries else []
    told += [f"{entries} {'entry' if entries == 1 else 'entries'}"] if entries else []
    return ", ".join(told)


def some(names: Sequence[str], most: int, noun: str = "") -> str:
    """Return the first names of many, and how many more there are."""
    more = len(names) - most
    rest = f" and {count(more, noun) if noun else more} more" if more > 0 else ""
    return ", ".join(names[:most]) + rest


def shown_grants(grants: Iterable[str]) -> list[str]:
    """Return grants as a person reads them: digests cut, and what one tool cannot take away as one word.

    >>> shown_grants(["exec", "residue:cursor:mcp", "residue:cursor:net"])
    ['exec', 'residue in cursor (mcp, net)']
    >>> shown_grants(["mcp-server:db:6e9f8c57ec9bbdc8444d90118b725aeb"])
    ['mcp-server:db:6e9f8c57']
    """
    shown, residue = list[str](), dict[str, list[str]]()
    for grant in grants:
        if grant.startswith(RESIDUE):
            target, _, name = grant.removeprefix(RESIDUE).partition(":")
            residue.setdefault(target, []).append(name)
        else:
            shown.append(_DIGEST.sub(r"\1", grant))
    return shown + [f"residue in {target} ({', '.join(names)})" for target, names in residue.items()]


def done_line(word: str, rest: str, *, dry_run: bool) -> str:
    """Return a line about something that was done, or in a dry run would be."""
    return f"would {'chmod' if word == 'mode' else word:<9} {rest}" if dry_run else f"{_PAST[word]:<9} {rest}"


def cause(change: Change) -> str:
    """Return in parentheses why a file is not as the lock has it, "" where its drift says all."""
    if change.replaced_by is not None:
        return f" ({STANDING[change.replaced_by]} stands there)"
    if change.unclear:
        return f" ({change.unclear})"
    if isinstance(change.local, Unreadable):
        return f" ({change.local.reason})"
    if change.mode_changed and change.wanted is not None:
        return f" ({'+x lost' if change.wanted.executable else '+x gained'})"
    if change.line_ends_changed:
        return " (only its line ends differ, and it is a program: `agentsync doctor` says what settles it)"
    return ""


def line_ends_told(plan: Plan) -> str:
    """Return how many files in sync have other line ends than the lock's, as the end of a sentence; "" for none."""
    altered = (change.local for change in plan.changes if change.drift in CLEAN and change.line_ends_changed)
    ends = Counter(isinstance(local, FileDigest) and bool(local.lf) for local in altered)
    return "".join(
        f"; {count(ends[crlf], 'file')} with {what}, as git's {cause} makes {'it' if ends[crlf] == 1 else 'them'}"
        for crlf, what, cause in ((True, "CRLF", "autocrlf"), (False, "LF for CRLF", "normalization"))
        if ends[crlf]
    )
