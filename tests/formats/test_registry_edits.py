"""Edits of `registry.yaml` change one entry, and keep comments and order."""

from __future__ import annotations

import pytest

from agentsync.errors import RefusedError
from agentsync.formats.registry_edits import add_pack, deprecate, rename, undeprecate, unyank, yank

TEXT = """\
# yaml-language-server: $schema=x
registry: 1   # the format
packs:
  # the web
  web:
    path: packs/web   # here
    yanked: ["1.0"]
    # the end of web
  db: {path: packs/db}   #
  ops:
    path: packs/ops
    yanked:
      - 1.0.0   # first
      # why
      - 1.1.0   # second
renames:
  data: db
"""


def lines(edited: str) -> tuple[set[str], set[str]]:
    """The lines that went and that came."""
    before, after = set(TEXT.split("\n")), set(edited.split("\n"))
    return before - after, after - before


@pytest.mark.parametrize(
    ("edited", "went", "came"),
    [
        (yank(TEXT, "web", "1.2.0", ""), '    yanked: ["1.0"]', '    yanked: ["1.0", 1.2.0]'),
        (yank(TEXT, "web", "1.0.0", ""), "", ""),
        (yank(TEXT, "web", "1.0.0", "why: so"), '    yanked: ["1.0"]', '    yanked: {"1.0": "why: so"}'),
        (yank(TEXT, "db", "2.0", ""), "  db: {path: packs/db}   #", '  db: {path: packs/db, yanked: ["2.0"]}   #'),
        (yank(TEXT, "ops", "2.0", ""), "", '      - "2.0"'),
        (unyank(TEXT, "ops", "1.1.0"), "      - 1.1.0   # second", ""),
        (unyank(TEXT, "web", "1.0.0"), '    yanked: ["1.0"]', ""),
        (unyank(TEXT, "db", "1.0.0"), "", ""),
        (deprecate(TEXT, "web", "use db"), "", '    deprecated: "use db"'),
        (deprecate(TEXT, "web", ""), "", "    deprecated: true"),
        (undeprecate(TEXT, "web"), "", ""),
        (undeprecate(deprecate(TEXT, "db", "x"), "db"), "", ""),
        (rename(TEXT, "web", "site"), "  web:", "  site:\n  web: site"),
        (rename(TEXT, "db", "data"), "  db: {path: packs/db}   #\n  data: db",
         "  data: {path: packs/db}   #\n  db: data"),
        (add_pack(TEXT, "new", "packs/new"), "", "  new: {path: packs/new}"),
    ],
)  # fmt: skip
def test_an_edit(edited: str, went: str, came: str) -> None:
    """Only the lines that say it differ."""
    assert lines(edited) == (set(filter(None, went.split("\n"))), set(filter(None, came.split("\n"))))


def test_versions_with_reasons() -> None:
    """A version is added to them and taken out again by itself, and its list goes with the last one."""
    once = yank(yank(TEXT, "db", "1.0", "breaks"), "db", "1.1", "")
    assert 'yanked: {"1.0": breaks, "1.1": ""}' in once
    assert unyank(unyank(once, "db", "1.1"), "db", "1.0.0") == TEXT


def test_what_is_not_understood_is_refused() -> None:
    """With the line to write by hand."""
    text = 'registry: 1\n"packs" : {\n  web: {path: a}}\n'
    try:
        edited = deprecate(text, "web", "x")
    except RefusedError as error:
        assert "deprecated: x" in error.hint
    else:
        assert edited == 'registry: 1\n"packs" : {\n  web: {path: a, deprecated: x}}\n'
    assert add_pack("registry: 1\n", "new", ".") == "registry: 1\npacks:\n  new: {path: .}\n"
