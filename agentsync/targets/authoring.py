"""What the loader of the default tool makes of the files of a pack, for those who write them.

Read in, and asked of, Claude Code 2.1.332: `claude plugin validate`, and what its loader of agents logs.
Sources: https://code.claude.com/docs/en/sub-agents, https://code.claude.com/docs/en/skills,
https://code.claude.com/docs/en/hooks, https://code.claude.com/docs/en/plugins-reference,
https://code.claude.com/docs/en/plugin-marketplaces.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from agentsync.model.item import Kind
from agentsync.targets.claude_code import EVENTS, HOOK_TYPES

TEXT, NUMBER, SWITCH, LIST, TABLE = "text", "number", "switch", "list", "mapping"
_SCALARS: Final = (TEXT, NUMBER, SWITCH)


class FieldForm(NamedTuple):
    """What a field of a header may be.

    Args:
        types: of its value; nothing at all is let pass.
        is_lost_alone: whether another type costs only the field.
        items: the types of the members of a list, none for any.
    """

    types: tuple[str, ...]
    is_lost_alone: bool = False
    items: tuple[str, ...] = ()


class FieldValues(NamedTuple):
    """The values that a field may have.

    Args:
        words: those that are listed.
        pattern: what else is let pass, as a pattern that fits the whole value without regard to case.
        is_refused: whether the validator takes another one for an error.
    """

    words: tuple[str, ...]
    pattern: str = ""
    is_refused: bool = False


_OF_ALL: Final = {"description": FieldForm(_SCALARS), "name": FieldForm((TEXT,))}
_OF_SKILLS: Final = {
    **_OF_ALL,
    "allowed-tools": FieldForm((TEXT, LIST), items=(TEXT,)),
    "metadata": FieldForm((TABLE,), is_lost_alone=True),
    "shell": FieldForm((TEXT,)),
}
FIELD_FORMS: Final[Mapping[Kind, Mapping[str, FieldForm]]] = {
    Kind.AGENT: {**_OF_ALL, "allowed-tools": FieldForm((TEXT, LIST), items=(TEXT,))},
    Kind.SKILL: _OF_SKILLS,
    Kind.COMMAND: _OF_SKILLS,
}
_EFFORTS: Final = FieldValues(("low", "medium", "high", "xhigh", "max"), r"[0-9]+")
# A full identifier of a model, as each provider writes it, has a dash and a number, or is a path.
_MODELS: Final = FieldValues(
    ("inherit", "sonnet", "opus", "haiku", "fable", "best", "default", "opusplan"),
    r"(?:sonnet|opus|haiku|fable|opusplan)\[1m\]|.*claude-.*|arn:.*|.*/.*",
)
FIELD_VALUES: Final[Mapping[Kind, Mapping[str, FieldValues]]] = {
    Kind.AGENT: {
        "model": _MODELS,
        "color": FieldValues(("red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan")),
        "permissionMode": FieldValues(
            ("default", "acceptEdits", "bypassPermissions", "plan", "dontAsk", "auto", "manual")
        ),
        "memory": FieldValues(("user", "project", "local")),
        "isolation": FieldValues(("worktree", "remote")),
        "effort": _EFFORTS,
        "background": FieldValues(("true", "false")),
        "maxTurns": FieldValues((), r"[1-9][0-9]*"),
    },
    Kind.SKILL: {
        "model": _MODELS,
        "effort": _EFFORTS,
        "shell": FieldValues(("bash", "powershell"), is_refused=True),
    },
    Kind.COMMAND: {
        "model": _MODELS,
        "effort": _EFFORTS,
        "shell": FieldValues(("bash", "powershell"), is_refused=True),
    },
}
OTHER_FIELDS: Final = frozenset(
    """permission temperature top_p prompt disable hidden steps variant options readonly is_background kind display_name
    displayName max_turns timeout_mins mcp_servers approvalMode reasoningEffort reasoningLevel allowPromptArgument
    disabled_tools max-nesting providerId modelId maxIterations includeMcpJson includePowers resources mainAgent
    subagent commandExecutionPolicy inheritMcp plugins autoCompactWindow omitClaudeMd targets triggers""".split()
)
"""Fields that other tools read of agents in their own formats: no slips of fields that this one reads."""
HOOK_EVENTS: Final = EVENTS
HOOK_MEMBERS: Final[Mapping[str, str]] = HOOK_TYPES
"""What a hook may be, each with the member that it needs."""


class DocumentForm(NamedTuple):
    """What an object of a JSON document holds.

    Args:
        types: of its keys, none for any; another key is ignored at load.
        required: the keys that it needs.
    """

    types: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...] = ()


_ABOUT: Final = {
    "$schema": (),
    "name": (TEXT,),
    "displayName": (TEXT,),
    "version": (TEXT,),
    "description": (TEXT,),
    "author": (TABLE,),
    "homepage": (TEXT,),
    "repository": (TEXT,),
    "license": (TEXT,),
    "keywords": (LIST,),
    "icon": (),
}
_PARTS: Final = {
    "agents": (TEXT, LIST),
    "commands": (TEXT, LIST, TABLE),
    "skills": (TEXT, LIST),
    "hooks": (TEXT, LIST, TABLE),
    "mcpServers": (TEXT, LIST, TABLE),
    "lspServers": (TEXT, LIST, TABLE),
    "outputStyles": (TEXT, LIST),
    "dependencies": (LIST,),
    "channels": (LIST,),
    "userConfig": (TABLE,),
    "settings": (TABLE,),
    "experimental": (TABLE,),
    "themes": (TEXT, LIST),
    "monitors": (TEXT, LIST),
    "engines": (TABLE,),
}
PLUGIN: Final = DocumentForm({**_ABOUT, **_PARTS}, ("name",))
MARKET: Final = DocumentForm(
    {
        "$schema": (),
        "name": (TEXT,),
        "owner": (TABLE,),
        "plugins": (LIST,),
        "description": (TEXT,),
        "version": (TEXT,),
        "metadata": (TABLE,),
        "renames": (TABLE,),
        "allowCrossMarketplaceDependenciesOn": (LIST,),
        "forceRemoveDeletedPlugins": (SWITCH,),
    },
    ("name", "owner", "plugins"),
)
OWNER: Final = DocumentForm({"name": (TEXT,), "email": (TEXT,), "url": (TEXT,)}, ("name",))
MARKET_ENTRY: Final = DocumentForm(
    {
        **_ABOUT,
        **_PARTS,
        "source": (TEXT, TABLE),
        "strict": (SWITCH,),
        "category": (TEXT,),
        "tags": (LIST,),
        "relevance": (TABLE,),
    },
    ("name", "source"),
)
SOURCES: Final[Mapping[str, DocumentForm]] = {
    "github": DocumentForm({"repo": (TEXT,), "ref": (TEXT,), "sha": (TEXT,)}, ("repo",)),
    "url": DocumentForm({"url": (TEXT,), "ref": (TEXT,), "sha": (TEXT,)}, ("url",)),
    "git-subdir": DocumentForm({"url": (TEXT,), "path": (TEXT,), "ref": (TEXT,), "sha": (TEXT,)}, ("url", "path")),
    "npm": DocumentForm({"package": (TEXT,), "version": (TEXT,), "registry": (TEXT,)}, ("package",)),
}
"""The kinds of source of a plug-in that is elsewhere."""
