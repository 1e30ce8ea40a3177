"""Which repositories a fleet is: `fleet.yaml` and lists, each fault with its place."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsync.formats.fleet import FleetError, is_excluded, member_url, parse_fleet, read_list

WHOLE = """\
fleet: 1
repositories:
  - https://kim:secret@git.acme.example/shop.git
  - acme/web
  - { git: "git@host:a/b.git", branch: main, folders: [".", "./services/api/", "."] }
  - ../local
lists: [repositories.txt]
exclude: ["*/archive-*"]
policy: policy.yaml
registries: { acme: "https://git.acme.example/agents.git" }
"""


def test_whole() -> None:
    """Every key; credentials are in no text, and the text of a path holds from anywhere."""
    fleet = parse_fleet(WHOLE, name="fleet.yaml", base="/srv/fleet")
    assert [(one.url.text, one.branch, one.folders) for one in fleet.repositories] == [
        ("https://git.acme.example/shop.git", "", ()),
        ("https://github.com/acme/web.git", "", ()),
        ("git@host:a/b.git", "main", (".", "services/api")),
        ("/srv/local", "", ()),
    ]
    assert "secret" in fleet.repositories[0].url.location
    assert (fleet.lists, fleet.exclude, fleet.policy) == (("repositories.txt",), ("*/archive-*",), "policy.yaml")
    assert {name: url.text for name, url in fleet.registries.items()} == {"acme": "https://git.acme.example/agents.git"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "fleet.yaml, line 1, column 1: `fleet: 1` is expected"),
        ("fleet: 2\n", "line 1, column 8: unknown format `fleet: 2`"),
        ("fleet: 1\nrepos: []\n", "line 2, column 1: unknown key 'repos'"),
        ("fleet: 1\nrepositories: a\n", "line 2, column 15: repositories must be a list"),
        ("fleet: 1\nrepositories:\n- ok/ok\n- nonsense\n", "line 4, column 3: 'nonsense' is not a git URL"),
        ("fleet: 1\nrepositories: [{git: a/b, tag: v1}]\n", "line 2, column 27: unknown key 'tag' in repositories"),
        ("fleet: 1\nrepositories: [{branch: b}]\n", "a repository needs `git: URL`"),
        ("fleet: 1\nrepositories: [{git: a/b, folders: [../x]}]\n", "line 2, column 36: unsafe path"),
        ("fleet: 1\nregistries: {a: 'ext::sh'}\n", "line 2, column 17: a URL of the form 'x::y' is refused"),
        ("fleet: [1\n", "fleet.yaml, line 2"),
    ],
)
def test_faults(text: str, says: str) -> None:
    """A fault has file, line and column, and a hint where there is one."""
    with pytest.raises(FleetError) as failed:
        parse_fleet(text, name="fleet.yaml", base="/work")
    assert says in failed.value.what and failed.value.exit == 2


def listed(text: str) -> list[str]:
    """What a list is read as."""
    return [one.url.text for one in read_list(text.splitlines(keepends=True), name="all.txt", base="/lists")]


def test_lists() -> None:
    """Lines with remarks and further columns, and the three keys of JSON."""
    text = "\ufeff# ours\n\nhttps://h.example/a.git  # the shop\nacme/b\tA shop # 1\tprivate\n  github:acme/c\n./d\n"
    expected = ["https://h.example/a.git", "https://github.com/acme/b.git", "https://github.com/acme/c.git", "/lists/d"]
    assert listed(text) == expected
    rows = [
        {"url": "https://github.com/a/b", "sshUrl": "git@github.com:a/b.git"},
        {"sshUrl": "git@github.com:a/c.git"},
        {"nameWithOwner": "a/d", "isArchived": False},
        "a/e",
    ]
    urls = ["https://github.com/a/b", "git@github.com:a/c.git"]
    urls += ["https://github.com/a/d.git", "https://github.com/a/e.git"]
    for written in (json.dumps(rows), json.dumps(rows, indent=2), "# gh\n" + json.dumps(rows)):
        assert listed(written) == urls
    assert listed("[]") == listed(" [\n]") == listed("") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a/b\n\nnonsense # x\n", "all.txt, line 3: 'nonsense' is not a git URL or path"),
        ("https://user:secret@\n", "all.txt, line 1: the git URL names no repository"),
        ('[\n "a/b",\n  {"name": "x"}\n]', "all.txt, line 3, column 3: a URL is expected"),
        ('["a/b" "a/c"]', "all.txt, line 1, column 8: this is no JSON list: `,` or `]` is expected"),
        ('["a/b",\n', "all.txt, line 2, column 1: this is no JSON list"),
        ('# x\n["a/b",\n"no"]', "all.txt, line 3, column 1: 'no' is not a git URL or path"),
        ("[" * 100_000, "all.txt, line 1"),
    ],
)
def test_faults_of_lists(text: str, says: str) -> None:
    """Each has its line, and never a password."""
    with pytest.raises(FleetError) as failed:
        listed(text)
    assert says in failed.value.what and "secret" not in str(failed.value.__dict__)


NAMES = st.text(string.ascii_letters + string.digits, min_size=1, max_size=4)


@settings(max_examples=30)
@given(st.lists(st.tuples(NAMES, NAMES, st.sampled_from(["", " # x", "\tprivate", "  "]), st.booleans())))
def test_every_line_counts(lines: list[tuple[str, str, str, bool]]) -> None:
    """Whatever stands between and behind them."""
    text = "".join(f"{'# no/no' * blank}\n{owner}/{name}{behind}\n" for owner, name, behind, blank in lines)
    assert listed(text) == [f"https://github.com/{owner}/{name}.git" for owner, name, _, _ in lines]


def test_exclude() -> None:
    """A glob fits the URL as it is written, the one that is compared, and the path on the host."""
    url = member_url("https://Git.Acme.example/team/archive-1.git")
    for glob in ("*/archive-*", "https://git.acme.example/*", "team/*", "team/archive-1"):
        assert is_excluded(url, ["x", glob])
    for glob in ("archive-*", "*/archive", "Team/*", "https://git.acme.example"):
        assert not is_excluded(url, [glob])
    assert is_excluded(member_url("git@host:a/b.git"), ["a/b"]) and is_excluded(member_url("/srv/git/x"), ["*/git/x"])
