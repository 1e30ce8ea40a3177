"""A changelog gets the section of a release, and keeps every other line."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from agentsync.publishing.changelog import with_release

VERSION: Final = Version("1.1.0")
DATE: Final = "2026-01-05"


def released(text: str, *subjects: str, tag: str = "") -> str:
    """The changelog with a section for 1.1.0."""
    return with_release(text, VERSION, DATE, subjects, tag).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "# Changelog\n\n## [1.1.0] - 2026-01-05\n\n- One\n- Two\n"),
        ("# Notes\nHello\n", "# Notes\nHello\n\n## [1.1.0] - 2026-01-05\n\n- One\n- Two\n"),
        ("# C\n\n## Unreleased\n\n- Mine\n", "# C\n\n## 1.1.0 - 2026-01-05\n\n- Mine\n"),
        (
            "# C\n\n## [Unreleased]\n\n### Added\n\n## [v1.0.0] (2025-01-01)\n\n- First\n",
            "# C\n\n## [v1.1.0] (2026-01-05)\n\n- One\n- Two\n\n## [v1.0.0] (2025-01-01)\n\n- First\n",
        ),
        ("# C\n\n## 1.1.0 - today\n\n- Written by hand\n", "# C\n\n## 1.1.0 - today\n\n- Written by hand\n"),
        (
            "# C\r\n\r\n## 1.0\r\n- x\r\n",
            "# C\r\n\r\n## 1.1.0 - 2026-01-05\r\n\r\n- One\r\n- Two\r\n\r\n## 1.0\r\n- x\r\n",
        ),
        ("```\n## Unreleased\n```\n", "```\n## Unreleased\n```\n\n## [1.1.0] - 2026-01-05\n\n- One\n- Two\n"),
    ],
)
def test_what_is_unreleased_becomes_the_version(text: str, expected: str) -> None:
    """In the style that the file has; without anything written, the subjects of the commits are the section."""
    assert released(text, "One", "Two", "One") == expected


def test_links_are_moved_on() -> None:
    """The links that compare two tags are those of the new release."""
    text = "## [Unreleased]\n- x\n\n[unreleased]: https://h.example/compare/v1.0.0...HEAD\n[1.0.0]: https://h.example/v1.0.0\n"
    links = released(text, tag="web/v1.1.0").split("\n")[-4:-1]
    assert links == [
        "[unreleased]: https://h.example/compare/web/v1.1.0...HEAD",
        "[1.1.0]: https://h.example/compare/v1.0.0...web/v1.1.0",
        "[1.0.0]: https://h.example/v1.0.0",
    ]


def test_nothing_hides_in_a_subject() -> None:
    """What does not show in the subject of a commit is left out, as it would be refused in a pack."""
    assert "- Fix the login\n" in released("", "Fix \u202ethe\x1b\u200b login\n")


@given(
    st.lists(
        st.sampled_from(["# C", "## Unreleased", "## [1.0.0]", "- a", "```", "", "[x]: https://h", "text\u2028x"])
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_no_line_is_lost(lines: list[str], end: str) -> None:
    """Every line but the heading that became the version stays, in order; a second time changes nothing."""
    text = "".join(f"{line}{end}" for line in lines)
    once = released(text, "Subject")
    left = iter(once.split(end))
    kept = [line for line in lines if line and line != "## Unreleased"]
    assert all(any(line == other for other in left) for line in kept)
    assert released(once, "Another") == once
