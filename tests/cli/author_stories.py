"""What goes wrong for an author, in a registry of their own."""

from __future__ import annotations

from tests.cli.hint_stories import Stories, Story
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
