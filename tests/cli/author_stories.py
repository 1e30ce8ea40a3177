"""What goes wrong for an author, in a registry of their own."""

from __future__ import annotations

from tests.cli.hint_stories import DESIGNER, Stories, Story
from tests.sandbox import Run

STORIES = Stories()


@STORIES.of("`agentsync registry check` says how to mend it")
def a_pack_that_does_not_pass(story: Story) -> Run:
    """Its folder holds no item."""
    (story.sandbox.home / ".gitconfig").write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n")
    (story.sandbox.project / "registry.yaml").write_text("registry: 1\npacks: {web: {path: web}}\n")
    (story.sandbox.project / "web").mkdir()
    (story.sandbox.project / "web/notes.txt").write_text("None\n")
    done = story.sandbox.shell("git init -q -b main && git add . && git commit -q -m Begin")
    assert done.exit == 0, done.stdout
    story.ends = 1
    return story.sandbox.run("registry", "publish", "web")


@STORIES.of("start one: `agentsync registry init --from-tree`")
def a_registry_without_a_list(story: Story) -> Run:
    """Nothing can be written down about its packs."""
    (story.sandbox.home / ".gitconfig").write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n")
    (story.sandbox.project / "agents").mkdir()
    (story.sandbox.project / "agents/a.md").write_text("---\nname: a\ndescription: A\n---\nHelp.\n")
    done = story.sandbox.shell("git init -q -b main && git add . && git commit -q -m Begin")
    assert done.exit == 0, done.stdout
    return story.sandbox.run("registry", "deprecate", "web")


def _registry(story: Story) -> None:
    """Make the project a registry with one agent."""
    (story.sandbox.home / ".gitconfig").write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n")
    (story.sandbox.project / "agents").mkdir()
    (story.sandbox.project / "agents/a.md").write_text("---\nname: a\ndescription: A\ntools: Read\n---\nHelp.\n")
    (story.sandbox.project / "registry.yaml").write_text("registry: 1\npacks: {web: {path: ., description: Web}}\n")
    done = story.sandbox.shell("git init -q -b main && git add . && git commit -q -m Begin")
    assert done.exit == 0, done.stdout


@STORIES.of("agentsync registry site --out site")
def a_catalogue_without_a_folder(story: Story) -> Run:
    """It is written nowhere by itself."""
    _registry(story)
    return story.sandbox.run("registry", "site")


@STORIES.of("agentsync registry site --out site --versions 20")
def a_catalogue_of_no_number_of_versions(story: Story) -> Run:
    """A number is a number."""
    _registry(story)
    return story.sandbox.run("registry", "site", "--out", "site", "--versions", "all")


@STORIES.of("`agentsync restore` brings them back, `agentsync drift` says that it did")
def a_statement_about_an_edited_file(story: Story) -> Run:
    """It would say what is not so."""
    sandbox = story.installed()
    (sandbox.project / DESIGNER).write_text("other\n")
    return sandbox.run("attest")
