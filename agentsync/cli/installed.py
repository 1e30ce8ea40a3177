"""The commands about what is installed, and how far it is to be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agentsync.cli.flags import ASKING, READING, WORDS, WRITING
from agentsync.cli.table import Argument, Flag, Group, Task

installed: Final = Group("", "What is installed", {})
trust: Final = Group("", "Trust", {})


@installed.command(
    "list",
    "What is locked: packs, items, headers.",
    WORDS,
    Flag("--tree", "The packs, and what they require.", name="as_tree"),
    *READING,
    examples={"list": "packs and items", "list acme/docs": "one pack", "list --json": "for programs"},
    aliases=("ls",),
)
def _list(words: Sequence[str], as_tree: bool) -> Task:
    if as_tree:
        return _tree()
    from agentsync.commands.list import list_packs

    return Task(lambda workspace: list_packs(workspace, words))


@installed.command(
    "tree",
    "The packs as a tree: what the manifest asks for, and what that requires.",
    *READING,
    examples={"tree": "what is asked for, and what that requires"},
)
def _tree() -> Task:
    from agentsync.commands.tree import tree

    return Task(tree)


@installed.command(
    "why",
    "The chain from the manifest to an item, a path or a pack.",
    Argument("word", "An item, an installed path or a pack."),
    *READING,
    examples={"why agent:reviewer": "which pack it comes from", "why acme/docs": "who asked for a pack"},
)
def _why(word: str) -> Task:
    from agentsync.commands.tree import why

    return Task(lambda workspace: why(workspace, word))


@installed.command(
    "doctor",
    "What may go wrong here, each with its next step.",
    *READING,
    examples={"doctor": "this project", "doctor --user": "the user scope"},
)
def _doctor() -> Task:
    from agentsync.commands.doctor import doctor

    return Task(doctor)


@trust.command(
    "grants",
    "Show what every item may do; accept what an update would add.",
    Flag("--accept", "Say yes to what the next update would add."),
    Argument("words", "Items or packs, as globs; all where none is named.", tuple, required=False),
    *WRITING,
    examples={"grants": "what each item may do", "grants --accept": "say yes to what the next update would add"},
)
def _grants(accept: bool, words: Sequence[str], dry_run: bool) -> Task:
    from agentsync.commands import grants

    if not accept:
        return Task(lambda workspace: grants.grants(workspace, words))
    return Task(
        lambda workspace: grants.accept(workspace, dry_run=dry_run),
        writes=True,
        implied={"accept_grants": words or ("*",)},
    )


@trust.command(
    "verify",
    "Check that disk, lock, cache and tags still agree.",
    WORDS,
    Flag("--deep", "Derive the lock again from its commits, too."),
    *ASKING,
    examples={"verify": "disk, lock, cache and tags", "verify --deep": "derive the lock again from its commits"},
    mistaken=("validate",),
)
def _verify(words: Sequence[str], deep: bool) -> Task:
    from agentsync.commands.verify import verify

    return Task(lambda workspace: verify(workspace, words, deep=deep))


policy: Final = trust.group(
    "policy", "What must never be installed.", {"policy show": "each rule, and the file that it is from"}
)


@policy.command(
    "show",
    "The rules that hold here, and where each comes from.",
    *READING,
    examples={"policy show": "each rule, and the file that it is from"},
)
def _policy_show() -> Task:
    from agentsync.commands.policy import show

    return Task(show, start="anywhere")
