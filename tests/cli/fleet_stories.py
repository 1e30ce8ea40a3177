"""Situations of fleets whose hint names a command."""

from __future__ import annotations

from typing import Final

from agentsync.fleet.results import RESULTS_NAME
from tests.cli.hint_stories import Stories, Story
from tests.fleet.made_results import fleet, write_results
from tests.sandbox import Run

STORIES: Final = Stories()


@STORIES.of("run `agentsync fleet check` first")
def _nothing_was_checked(story: Story) -> Run:
    (story.sandbox.project / "fleet.yaml").write_text(f"fleet: 1\nrepositories: [{story.registry.url}]\n")
    return story.sandbox.run("fleet", "status")


@STORIES.of("agentsync fleet report --out report")
def _report_without_a_folder(story: Story) -> Run:
    story.sandbox.cache.mkdir(exist_ok=True)
    write_results(story.sandbox.cache / RESULTS_NAME, *fleet(3))
    return story.sandbox.run("fleet", "report")


@STORIES.of("agentsync fleet report --results X --out report")
def _report_of_a_file(story: Story) -> Run:
    write_results(story.sandbox.project / "of night.sqlite", *fleet(3))
    return story.sandbox.run("fleet", "report", "--results", "of night.sqlite")


@STORIES.of("name the list for the check: `agentsync fleet check --from repositories.txt`")
def _status_of_a_list(story: Story) -> Run:
    (story.sandbox.project / "repositories.txt").write_text(f"{story.registry.url}\n")
    return story.sandbox.run("fleet", "status", "--from", "repositories.txt")


@STORIES.of()
def _glob_that_the_shell_expanded(story: Story) -> Run:
    for name in ("one", "two", "three"):
        (story.sandbox.project / name).mkdir()
    return story.sandbox.run("fleet", "check", "--folder", "one", "two", "three", "--quiet")
