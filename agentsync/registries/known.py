"""Public registries that many people copy from. They are data: nothing asks them but `adopt --known`."""

from typing import Final, NamedTuple


class KnownRegistry(NamedTuple):
    """One of them: the alias it gets, and its URL as a manifest writes it."""

    alias: str
    git: str


KNOWN: Final = (
    KnownRegistry("anthropic-skills", "github:anthropics/skills"),
    KnownRegistry("superpowers", "github:obra/superpowers"),
    KnownRegistry("wshobson-agents", "github:wshobson/agents"),
    KnownRegistry("voltagent-subagents", "github:VoltAgent/awesome-claude-code-subagents"),
    KnownRegistry("0xfurai-subagents", "github:0xfurai/claude-code-subagents"),
    KnownRegistry("lst97-subagents", "github:lst97/claude-code-sub-agents"),
    KnownRegistry("compound-engineering", "github:EveryInc/compound-engineering-plugin"),
)
