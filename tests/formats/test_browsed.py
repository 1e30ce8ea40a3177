"""Addresses of folders and files as browsers show them."""

from __future__ import annotations

import pytest

from agentsync.formats.requests import Browsed, browsed, split_ref


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("https://github.com/o/r/tree/main/skills/pdf", ("https://github.com/o/r", "main/skills/pdf")),
        ("https://github.com/o/r/tree/main/", ("https://github.com/o/r", "main")),
        ("https://github.com/o/r/blob/v1/a%20b/SKILL.md?plain=1#L3", ("https://github.com/o/r", "v1/a b/SKILL.md")),
        ("https://ghe.acme.example/o/r/tree/main/x", ("https://ghe.acme.example/o/r", "main/x")),
        ("https://gitlab.com/g/sub/r/-/tree/main/x?ref_type=heads", ("https://gitlab.com/g/sub/r", "main/x")),
        ("https://gitlab.com/g/r/-/blob/main/x.md", ("https://gitlab.com/g/r", "main/x.md")),
        ("https://codeberg.org/o/r/src/branch/main/x", ("https://codeberg.org/o/r", "main/x")),
        ("https://bitbucket.org/o/r/src/main/x", ("https://bitbucket.org/o/r", "main/x")),
        ("https://github.com/o/r", None),
        ("https://github.com/o/r.git", None),
        ("https://git.acme.example/group/sub/tree", None),
        ("https://github.com/o/r//tree/main", None),
        ("github:o/r//tree/main", None),
        ("../o/r/tree/main/x", None),
    ],
)
def test_an_address(text: str, place: tuple[str, str] | None) -> None:
    """The repository, and what stands behind it."""
    assert browsed(text) == (None if place is None else Browsed(*place))


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("main/skills/pdf", ("main", "skills/pdf")),
        ("feature/x/skills", ("feature/x", "skills")),
        ("feature", None),
        ("v1.0.0", ("v1.0.0", "")),
        (f"{'a' * 40}/x", ("a" * 40, "x")),
        ("other/x", None),
    ],
)
def test_where_the_ref_ends(rest: str, found: tuple[str, str] | None) -> None:
    """The longest branch or tag counts, else a commit."""
    assert split_ref(rest, {"main", "feature/x", "v1.0.0", "feat"}) == found
