"""Merges of one file: what both sides changed is there, and nothing of the user's is lost in silence."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agentsync.merging.merge import merge_file
from agentsync.model.git_file import Merged
from agentsync.model.item import HeaderStatus
from agentsync.packs.frontmatter import read_document

HEADER = "name: critic\ndescription: Reads code.\ntools: Read, Grep, Glob\nmodel: sonnet\n"
BODY = "".join(f"Line {number}.\n" for number in range(1, 13))


def merge(base: str, local: str, upstream: str) -> Merged:
    """Merge texts with git as it is."""
    return merge_file(base.encode(), local.encode(), upstream.encode())


def document(header: str, body: str = BODY) -> str:
    """A file with a header."""
    return f"---\n{header}---\n{body}"


def edited(text: str, *changes: tuple[str, str]) -> str:
    """A text with parts replaced; each must stand in it once."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def clean(base: str, local: str, upstream: str) -> str:
    """The result of a merge that must not conflict."""
    merged = merge(base, local, upstream)
    assert not merged.conflicted, merged.data.decode()
    return merged.data.decode()


Change = tuple[str, str]

# What the user changed in the header, what upstream did, and what comes out.
BY_KEY: dict[str, tuple[Change, Change, list[Change]]] = {
    "neighbouring keys": (
        ("model: sonnet", "model: haiku"),
        ("Glob\n", "Glob, Bash\n"),
        [("model: sonnet", "model: haiku"), ("Glob\n", "Glob, Bash\n")],
    ),
    "a comment of the user": (
        ("model: sonnet", "model: haiku  # cheaper"),
        ("Reads code.", "Reads all code."),
        [("model: sonnet", "model: haiku  # cheaper"), ("Reads code.", "Reads all code.")],
    ),
    "a comment line and a blank one": (
        ("model: sonnet", "# cheaper is fine\n\nmodel: haiku"),
        ("Glob\n", "Glob, Bash\n"),
        [("model: sonnet", "# cheaper is fine\n\nmodel: haiku"), ("Glob\n", "Glob, Bash\n")],
    ),
    "a comment of upstream": (
        ("model: sonnet", "model: haiku"),
        ("tools:", "# read only\ntools:"),
        [("model: sonnet", "model: haiku"), ("tools:", "# read only\ntools:")],
    ),
    "a key added by each": (
        ("name: critic\n", "name: critic\ncolor: red\n"),
        ("model: sonnet\n", "model: sonnet\neffort: high\n"),
        [("name: critic\n", "name: critic\ncolor: red\n"), ("model: sonnet\n", "model: sonnet\neffort: high\n")],
    ),
    "two keys added on one place": (
        ("model: sonnet\n", "model: sonnet\ncolor: red\n"),
        ("model: sonnet\n", "model: sonnet\neffort: high\n"),
        [("model: sonnet\n", "model: sonnet\ncolor: red\neffort: high\n")],
    ),
    "a key added first": (
        ("model: sonnet", "model: haiku"),
        ("name: critic", "version: 2\nname: critic"),
        [("model: sonnet", "model: haiku"), ("name: critic", "version: 2\nname: critic")],
    ),
    "a key taken out by the user": (
        ("model: sonnet\n", ""),
        ("Reads code.", "Reads all code."),
        [("model: sonnet\n", ""), ("Reads code.", "Reads all code.")],
    ),
    "a key taken out by upstream": (
        ("Reads code.", "Reads my code."),
        ("model: sonnet\n", ""),
        [("Reads code.", "Reads my code."), ("model: sonnet\n", "")],
    ),
    "the same change, written in two ways": (
        ("model: sonnet", 'model: "haiku"'),
        ("model: sonnet", "model: haiku"),
        [("model: sonnet", 'model: "haiku"')],
    ),
    "upstream only writes it in another way": (
        ("model: sonnet", "model: haiku"),
        ("model: sonnet", 'model: "sonnet"'),
        [("model: sonnet", "model: haiku")],
    ),
    "upstream in another order": (
        ("Reads code.", "Reads my code."),
        ("tools: Read, Grep, Glob\nmodel: sonnet\n", "model: sonnet\ntools: Read, Grep, Glob\n"),
        [
            ("Reads code.", "Reads my code."),
            ("tools: Read, Grep, Glob\nmodel: sonnet\n", "model: sonnet\ntools: Read, Grep, Glob\n"),
        ],
    ),
    "the user in another order": (
        ("tools: Read, Grep, Glob\nmodel: sonnet\n", "model: sonnet\ntools: Read, Grep, Glob\n"),
        ("model: sonnet", "model: opus"),
        [("tools: Read, Grep, Glob\nmodel: sonnet\n", "model: opus\ntools: Read, Grep, Glob\n")],
    ),
    "a word taken out, another put in": (
        (", Glob", ""),
        (", Glob", ", Glob, Bash"),
        [(", Glob", ", Bash")],
    ),
    "all words but one taken out": (
        ("Read, Grep, Glob", "Read"),
        ("Read, Grep, Glob", "Read, Grep, Glob, Bash"),
        [("Read, Grep, Glob", "Read, Bash")],
    ),
    "words with arguments": (
        ("Glob", "Bash(git log:*, git diff)  # mine"),
        ("Read,", "Read, Bash(ls),"),
        [("Read, Grep, Glob", "Read, Bash(ls), Grep, Bash(git log:*, git diff)  # mine")],
    ),
    "two words put in": (
        ("Glob", "Glob, Write"),
        ("Glob", "Glob, Bash"),
        [("Glob", "Glob, Bash, Write")],
    ),
}


@pytest.mark.parametrize("case", BY_KEY)
def test_by_key(case: str) -> None:
    """Two changes in one header that line by line would mostly be one conflict."""
    mine, theirs, both = BY_KEY[case]
    base = document(HEADER)
    wanted = edited(HEADER, *both)
    assert clean(base, edited(base, mine), edited(base, theirs)) == document(wanted)
    # With a change of each in the body, which is merged by itself.
    local, upstream = edited(base, mine, ("Line 3.", "Mine 3.")), edited(base, theirs, ("Line 9.", "Theirs 9."))
    body = edited(BODY, ("Line 3.", "Mine 3."), ("Line 9.", "Theirs 9."))
    assert clean(base, local, upstream) == document(wanted, body)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (("sonnet", "haiku"), ("sonnet", "opus")),
        (("model: sonnet\n", ""), ("sonnet", "opus")),
        (("sonnet", "haiku"), ("model: sonnet\n", "")),
        (("sonnet\n", "sonnet\ncolor: red\n"), ("sonnet\n", "sonnet\ncolor: blue\n")),
        (("sonnet", "sonnet # pinned"), ("sonnet", "opus")),
        ((", Glob", ""), ("Read, Grep, Glob", "'*'")),
        (("Read, Grep, Glob", "Glob"), ("Read, Grep, Glob", "Read")),
        (("name: critic\n", "name: critic\n# mine\n"), ("name: critic\n", "name: critic\n# theirs\n")),
    ],
)
def test_one_key_conflicts(mine: Change, theirs: Change) -> None:
    """Only that key is between markers, the rest is merged."""
    base = document(HEADER)
    local, upstream = edited(base, mine, ("Line 3.", "Mine 3.")), edited(base, theirs, ("Line 9.", "Theirs 9."))
    merged = merge(base, local, upstream)
    assert merged.conflicted
    text = merged.data.decode()
    assert re.findall("^(<{7} yours|[|]{7} base|={7}|>{7} upstream)$", text, re.MULTILINE) == [
        "<<<<<<< yours",
        "||||||| base",
        "=======",
        ">>>>>>> upstream",
    ]
    without_markers = re.sub(r"<{7} yours\n(?s:.*?)>{7} upstream\n", "", text)
    assert "Mine 3." in without_markers and "Theirs 9." in without_markers
    assert without_markers.count("\n---\n") == 1


FLOW = 'tools: [Read, Grep, "Glob"]  # reading\n'
BLOCK = "tools:\n  - Read\n  # looks for things\n  - Grep  # fast\n  - Glob\n"


@pytest.mark.parametrize(
    ("base", "local", "upstream", "wanted"),
    [
        (FLOW, FLOW.replace("Grep, ", ""), FLOW.replace("Grep", "Grep, Bash"), "[Read, Bash, Glob]  # reading"),
        (FLOW, FLOW.replace("Grep", "Grep, Write"), "tools: Read, Grep\n", "[Read, Grep, Write]  # reading"),
        ("tools: Read, Grep\n", "tools: [Read]\n", "tools: Read, Grep, Bash\n", "[Read, Bash]"),
        ("tools: Read Grep\n", "tools: Read\n", "tools: Read Grep Bash\n", "Read, Bash"),
        ("tools: Read Grep\n", "tools: Read Write Grep\n", "tools: Read Grep Bash\n", "Read Write Grep Bash"),
        (
            BLOCK,
            BLOCK.replace("  - Glob\n", "  - Glob\n  # for notes\n  - Write\n"),
            BLOCK.replace("  - Glob\n", "  - 'Bash(ls *)'\n"),
            '\n  - Read\n  # looks for things\n  - Grep  # fast\n  - "Bash(ls *)"\n  # for notes\n  - Write',
        ),
        (
            BLOCK,
            BLOCK.replace("  - Read\n", "  - Read  # of course\n"),
            BLOCK.replace("  - Grep  # fast\n", ""),
            "\n  - Read  # of course\n  - Glob",
        ),
        (
            "tools: Read, Grep\n",
            "tools:\n- Read\n- Grep\n- Write # notes\n",
            "tools: Grep, Bash\n",
            "\n- Grep\n- Bash\n- Write # notes",
        ),
    ],
)  # fmt: skip
def test_lists_of_words(base: str, local: str, upstream: str, wanted: str) -> None:
    """A list stays as the user writes it, with the comments of the words that stay."""
    files = [document(f"name: critic\n{tools}model: sonnet\n") for tools in (base, local, upstream)]
    assert clean(*files) == document(
        f"name: critic\ntools:{'' if wanted[0] == chr(10) else ' '}{wanted}\nmodel: sonnet\n"
    )


def test_a_list_whose_comment_would_be_lost_conflicts() -> None:
    """Upstream takes out a word on whose line the user wrote something."""
    local = BLOCK.replace("  - Glob\n", "  - Glob  # never without\n  - Write\n")
    upstream = BLOCK.replace("  - Glob\n", "  - Bash\n")
    assert merge(*(document(f"name: critic\n{tools}") for tools in (BLOCK, local, upstream))).conflicted


def test_text_of_several_lines() -> None:
    """An entry that is no list of words is merged line by line."""
    base = "name: critic\ndescription: |\n" + "".join(f"  Part {number}.\n" for number in range(1, 8)) + "model: a\n"
    local, upstream = edited(base, ("Part 2", "Mine 2"), ("model: a", "model: b")), edited(base, ("Part 6", "Theirs 6"))
    assert clean(*map(document, (base, local, upstream))) == document(edited(local, ("Part 6", "Theirs 6")))


@pytest.mark.parametrize(
    "header",
    [
        "name: critic\nname: twice\n{}",
        "{{name: critic}}\n# {}",
        "stray text\nname: critic\n{}",
        "name: critic\nx: !!binary aGk=\n{}",
    ],
)
def test_headers_without_entries_merge_line_by_line(header: str) -> None:
    """Headers with a key twice are merged line by line."""
    base = document(header.format("a: 1\nb: 1\nc: 1\nd: 1\n"))
    local, upstream = edited(base, ("a: 1", "a: 2")), edited(base, ("d: 1", "d: 2"))
    assert clean(base, local, upstream) == edited(base, ("a: 1", "a: 2"), ("d: 1", "d: 2"))
    assert merge(base, local, edited(base, ("a: 1", "a: 3"))).conflicted


def test_a_header_that_is_not_valid_yaml() -> None:
    """Entries are told apart all the same, and nothing is rewritten."""
    base = document("name: critic\ndescription: Use it: when A: <b> 'so\ntools: Read, Grep\nmodel: sonnet\n")
    local = edited(base, ("model: sonnet", "model: haiku"), (", Grep", ""))
    upstream = edited(base, ("when A", "when B"), ("Grep", "Grep, Bash"))
    assert clean(base, local, upstream) == edited(local, ("when A", "when B"), ("Read", "Read, Bash"))


def test_a_key_twice_is_no_clean_merge() -> None:
    """Both add one key on another place: by lines that would be clean, and wrong."""
    base = document("name: critic\n{}")
    local = document("color: red\nname: critic\n{}")
    upstream = document("name: critic\n{}\ncolor: blue\n")
    assert merge(base, local, upstream).conflicted
    by_key = [text.replace("\n{}", "") for text in (base, local, upstream)]
    assert merge(*by_key).conflicted


@pytest.mark.parametrize("header", ["", "---\nname: critic\n---\n"])
def test_a_header_that_one_side_added_or_took_away(header: str) -> None:
    """The body is merged as ever."""
    other = "" if header else "---\nname: critic\n---\n"
    local, upstream = other + edited(BODY, ("Line 3.", "Mine.")), header + edited(BODY, ("Line 9.", "Theirs."))
    wanted = other + edited(BODY, ("Line 3.", "Mine."), ("Line 9.", "Theirs."))
    assert clean(header + BODY, local, upstream) == wanted
    assert clean(header + BODY, upstream, local) == wanted


def test_no_line_end_after_the_header() -> None:
    """A body that one side begins does not run into the closing line."""
    base, local = "---\nname: a\n---", "---\nname: mine\n---"
    assert clean(base, local, "---\nname: a\n---\nBody\n") == "---\nname: mine\n---\nBody\n"
    merged = merge("---\nname: a\n---\nBody\n", "---\nname: mine\n---", "---\nname: a\n---\nBody 2\n")
    assert merged.conflicted
    assert "---<" not in merged.data.decode()


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_an_end_of_the_last_line_is_no_conflict(end: bytes) -> None:
    """One side took it away, or added it: the other's change of that line is taken, too."""
    old, new = b"one" + end + b"two", b"one" + end + b"two, and more"
    assert merge_file(old + end, old, new + end) == Merged(new)
    assert merge_file(old, old + end, new) == Merged(new + end)
    assert merge_file(old + end, new + end, old) == Merged(new)
    assert merge_file(old + end, old, b"zero" + end + old + end) == Merged(b"zero" + end + old)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_binary_files_conflict(place: int) -> None:
    """Bytes that are no text are never mixed; the attempt is the user's own file."""
    base, local, upstream = (text + b"\0" * (place == at) for at, text in enumerate((b"one\n", b"two\n", b"three\n")))
    assert merge_file(base, local, upstream) == Merged(local, conflicted=True)


# Properties ---------------------------------------------------------------------------------------

PIECES = ("name: ", "tools:", " Read, Grep", "- ", "\n", "\n", "# note", "'", ": ", "---", "[a, b]", "\r\n", "  ", "é")
ANY_TEXT = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
ANY_FILE = st.builds(lambda header, body: f"---\n{header}\n---\n{body}", ANY_TEXT, ANY_TEXT) | ANY_TEXT

WORDS = ("Read", "Grep", "Glob", "Bash", "Edit")
VALUES: dict[str, st.SearchStrategy[str]] = {
    "name": st.sampled_from([" critic", " reviewer"]),
    "description": st.sampled_from(
        [" Reads code.", " Use it: when A", " |\n  First.\n  Second.\n  Third.", ' "Quoted."']
    ),
    "model": st.sampled_from([" sonnet", " opus  # best", ' "haiku"']),
    "color": st.sampled_from([" red", " blue"]),
}
STYLES: tuple[Callable[[list[str]], str], ...] = (
    lambda words: f" {', '.join(words)}",
    lambda words: f" [{', '.join(words)}]",
    lambda words: "".join(f"\n  - {word}" for word in words),
)


@st.composite
def file_lines(draw: st.DrawFn) -> list[str]:
    """A header of some entries and a body, as a list of parts that edits leave whole."""
    keys = draw(st.permutations(["name", "description", "model", "color", "tools"]))
    parts = ["---\n"]
    for key in keys[: draw(st.integers(1, 5))]:
        if draw(st.integers(0, 3)) == 0:
            parts.append(draw(st.sampled_from(["# about it\n", "\n"])))
        value = draw(st.sampled_from(STYLES))(["Read", "Grep"]) if key == "tools" else draw(VALUES[key])
        parts.append(f"{key}:{value}\n")
    parts.append("---\n")
    return parts + draw(st.lists(st.sampled_from([f"Line {number}.\n" for number in range(6)]), max_size=8))


@st.composite
def edits_of(draw: st.DrawFn, parts: list[str], mark: str) -> str:
    """The file after some changes; each brings a word that is in no other file."""
    parts = list(parts)
    closing = parts.index("---\n", 1)
    for number in range(draw(st.integers(1, 3))):
        place = draw(st.integers(1, len(parts)))
        is_header = place <= closing
        old = parts[place] if place < len(parts) else ""
        kind = draw(st.sampled_from(["insert", "replace", "delete", "word"]))
        if kind == "word" and old.startswith("tools:"):
            parts[place] = re.sub(
                r"(\n  - |, )?\b(Grep|Read)\b",
                rf"\1\2\1{mark}{number}" if ", " in old or "- " in old else rf"\2, {mark}{number}",
                old,
                count=1,
            )
        elif kind == "insert" or old in ("", "---\n"):
            line = draw(st.sampled_from([f"# {mark}{number}\n", f"{mark}{number}: {mark}\n"]))
            parts.insert(place, line if is_header else f"{mark}{number}\n")
            closing += is_header
        elif kind == "delete":
            del parts[place]
            closing -= is_header
        elif is_header and ":" in old:
            parts[place] = f"{old.partition(':')[0]}: {mark}{number}\n"
        else:
            parts[place] = f"# {mark}{number}\n" if is_header else f"{mark}{number}\n"
    return "".join(parts)


@st.composite
def three_files(draw: st.DrawFn) -> tuple[str, str, str]:
    """A file, and two that people made of it."""
    parts = draw(file_lines())
    return "".join(parts), draw(edits_of(parts, "mine")), draw(edits_of(parts, "theirs"))


@given(ANY_FILE, ANY_FILE)
def test_one_side_alone(one: str, other: str) -> None:
    """A change of one side alone is taken unchanged; the same change on both sides is no conflict."""
    assert merge(one, one, other) == Merged(other.encode())
    assert merge(one, other, one) == Merged(other.encode())
    assert merge(one, other, other) == Merged(other.encode())


@settings(max_examples=60)
@given(ANY_FILE, ANY_FILE, ANY_FILE)
def test_anything_can_be_merged(base: str, local: str, upstream: str) -> None:
    """Whatever the texts: no failure, and no header that is worse than both."""
    merged = merge(base, local, upstream)
    if not merged.conflicted:
        sides = {read_document(text.encode()).status for text in (local, upstream)}
        bad = {HeaderStatus.UNREADABLE, HeaderStatus.NONE}
        assert read_document(merged.data).status not in bad or sides & bad


@settings(max_examples=150)
@given(three_files())
def test_nothing_of_the_user_is_lost(files: tuple[str, str, str]) -> None:
    """In a clean merge stand every line that the user added, and every entry that all three have."""
    base, local, upstream = files
    merged = merge(base, local, upstream)
    text = merged.data.decode()
    marks = set(re.findall(r"mine\d", local))
    assert marks == set(re.findall(r"mine\d", text)), text
    assume(not merged.conflicted)
    lines = [line for line in local.splitlines() if not line.startswith("tools:") and "- " not in line]
    missing = [line for line in lines if line not in base.splitlines() and line not in text.splitlines()]
    assert not missing, text
    entries = [set(re.findall("^[a-z]+:.*$", side, re.MULTILINE)) for side in (*files, text)]
    assert entries[0] & entries[1] & entries[2] <= entries[3], text
    assert not set(re.findall(r"theirs\d", text)) ^ set(re.findall(r"theirs\d", upstream)), text


@settings(max_examples=100)
@given(three_files())
def test_sides_are_equal(files: tuple[str, str, str]) -> None:
    """Yours into theirs or theirs into yours: the same conflicts, the same fields, the same body."""
    base, local, upstream = files
    one, other = merge(base, local, upstream), merge(base, upstream, local)
    assert one.conflicted == other.conflicted
    if not one.conflicted:
        left, right = read_document(one.data), read_document(other.data)
        assert left.body == right.body
        assert left.fields.keys() == right.fields.keys()
        assert {**left.fields, "tools": ""} == {**right.fields, "tools": ""}
        assert sorted(re.findall(r"\w+", str(left.fields.get("tools")))) == sorted(
            re.findall(r"\w+", str(right.fields.get("tools")))
        )


@settings(max_examples=60)
@given(three_files(), st.sampled_from(["all", "local", "upstream"]))
def test_line_ends_and_byte_order_marks_stay(files: tuple[str, str, str], who: str) -> None:
    """CRLF everywhere, or brought in by one side, and a BOM: the same merge with other bytes around it."""
    assume(len({*files}) == 3)
    plain = merge(*files)
    texts = [
        text.replace("\n", "\r\n") if who in ("all", side) else text
        for side, text in zip(("base", "local", "upstream"), files, strict=True)
    ]
    merged = merge(*("\ufeff" + text for text in texts))
    assert merged.conflicted == plain.conflicted
    assert merged.data == b"\xef\xbb\xbf" + plain.data.replace(b"\n", b"\r\n")
