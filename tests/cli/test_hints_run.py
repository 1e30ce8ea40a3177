"""Each failure with a hint, made as a person meets it; then the command that the hint names is run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.cli import author_stories, fleet_stories, project_stories, registry_stories
from tests.cli.hint_stories import Story
from tests.cli.project import locked
from tests.hints import commands_in
from tests.sandbox import Run
from tests.test_hints import hints

STORIES: Final = project_stories.STORIES | registry_stories.STORIES | author_stories.STORIES | fleet_stories.STORIES
# What takes another agentsync than this one, or is done by the maintainer of a registry, or decides about edits of two
# machines (tests/cli/test_origin.py runs that), is parsed alone (`tests/test_hints.py`).
ONLY_PARSED: Final = frozenset(
    (
        "finish with that one: `agentsync install`",
        "contact the registry maintainer, who sees all with `agentsync registry check`",
        "`agentsync install --user --pull --merge` takes theirs and merges your edits into it; then `agentsync keep"
        " --user --push` sends them",
        "`agentsync install --user --pull --theirs` takes theirs, and sets yours aside in .agentsync/backup/",
        "agentsync registry publish X",
    )
)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace("X", ".+"))


def test_every_hint_of_the_source_is_known_here() -> None:
    """A new hint gets a story that meets it, or stands among those that are only parsed."""
    written = {text for _, text in hints() if list(commands_in(text))}
    met = {text for text in STORIES.values() if text}
    assert written == met | ONLY_PARSED and not met & ONLY_PARSED


@pytest.mark.parametrize("go_wrong", STORIES)
def test_what_a_hint_names_is_run(tmp_path: Path, go_wrong: Callable[[Story], Run]) -> None:
    """It ends as the hint says, in the order in which the hint names it."""
    story = Story(tmp_path)
    hint = _told(go_wrong(story), STORIES[go_wrong])
    story.by_hand(hint)
    for word, meant in story.words.items():
        assert word in hint
        hint = hint.replace(word, meant)
    commands = list(commands_in(hint))
    assert commands, hint
    for words in commands:
        done = story.sandbox.run(*words)
        expected = story.ends if words is commands[-1] else 0
        assert done.exit == expected, f"{shlex.join(words)}: exit {done.exit}\n{done.stdout}{done.stderr}"
    assert not story.version or locked(story.sandbox, "team/team")["version"] == story.version


def _told(run: Run, source: str) -> str:
    """The hint of a failure, or the finding or the line of a table that holds the text of the source."""
    lines = [line.replace(" --user`", "`") for line in (run.stdout + run.stderr).splitlines()]
    hints = [line.removeprefix("hint: ") for line in lines if line.startswith("hint: ")]
    if hints:
        assert run.exit != 0 and (not source or _pattern(source).fullmatch(hints[0])), hints[0]
        return hints[0]
    found = [line for line in lines if _pattern(source).search(line)]
    assert source and found, run
    return found[0]
