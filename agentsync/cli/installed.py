"""The commands about what is installed, and how far it is to be trusted."""

from __future__ import annotations

from typing import Final

from agentsync.cli.flags import ASKING, READING, WORDS, WRITING
from agentsync.cli.table import Argument, Command, Flag, Verb, group

INSTALLED: Final = group(
    "What is installed",
    Command(
        "list",
        "What is locked: packs, items, headers.",
        (WORDS, Flag("--tree", "The packs, and what they require.", name="as_tree"), *READING),
        Verb("commands.list:list_packs"),
        {"list": "packs and items", "list acme/docs": "one pack", "list --json": "for programs"},
        instead={"as_tree": Verb("commands.list:tree")},
        aliases=("ls",),
    ),
    Command(
        "tree",
        "The packs as a tree: what the manifest asks for, and what that requires.",
        READING,
        Verb("commands.list:tree"),
        {"tree": "what is asked for, and what that requires"},
    ),
    Command(
        "why",
        "The chain from the manifest to an item, a path or a pack.",
        (Argument("word", "An item, an installed path or a pack."), *READING),
        Verb("commands.list:why"),
        {"why agent:reviewer": "which pack it comes from", "why acme/docs": "who asked for a pack"},
    ),
    Command(
        "doctor",
        "What may go wrong here, each with its next step.",
        READING,
        Verb("commands.doctor:doctor"),
        {"doctor": "this project", "doctor --user": "the user scope"},
    ),
)
TRUST: Final = group(
    "Trust",
    Command(
        "grants",
        "Show what every item may do; accept what an update would add.",
        (
            Flag("--accept", "Say yes to what the next update would add."),
            Argument("words", "Items or packs, as globs; all where none is named.", tuple, required=False),
            *WRITING,
        ),
        Verb("commands.grants:grants"),
        {"grants": "what each item may do", "grants --accept": "say yes to what the next update would add"},
        instead={"accept": Verb("commands.grants:accept", writes=True, accepts_words=True)},
    ),
    Command(
        "verify",
        "Check that disk, lock, cache and tags still agree.",
        (WORDS, Flag("--deep", "Derive the lock again from its commits, too."), *ASKING),
        Verb("commands.verify:verify"),
        {"verify": "disk, lock, cache and tags", "verify --deep": "derive the lock again from its commits"},
        mistaken=("validate",),
    ),
    group(
        "policy",
        Command(
            "show",
            "The rules that hold here, and where each comes from.",
            READING,
            Verb("commands.policy:show", start="anywhere"),
            {"policy show": "each rule, and the file that it is from"},
        ),
        about="What must never be installed.",
        examples={"policy show": "each rule, and the file that it is from"},
    ),
)
