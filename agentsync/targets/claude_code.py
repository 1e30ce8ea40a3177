"""Claude Code: files are taken as they are, in project and in user scope."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.hook_form import HookForm
from agentsync.rendering.renderers import as_it_is, hooks, rules
from agentsync.rendering.rule_form import Meaning, Part, RuleForm
from agentsync.targets.tool import CommandPlace, EntryPlace, FilePlace, FolderPlace, Reading, Root, Tool

# Another key than `paths` is let pass and means nothing: a rule that is written for it is taken as it is.
_RULES: Final = RuleForm(".md", {Meaning.ALWAYS: (), Meaning.FILES: (("paths", Part.LIST),)})

# Seen: one event of another form in the settings disables the permissions that stand beside it.
EVENTS: Final = frozenset(
    """PreToolUse PostToolUse PostToolUseFailure PostToolBatch Notification UserPromptSubmit UserPromptExpansion
    SessionStart SessionEnd Stop StopFailure SubagentStart SubagentStop PreCompact PostCompact PreModelSwitch
    PostModelSwitch PermissionRequest PermissionDenied Setup TeammateIdle TaskCreated TaskCompleted Elicitation
    ElicitationResult ConfigChange WorktreeCreate WorktreeRemove InstructionsLoaded CwdChanged FileChanged
    DirectoryAdded MessageDisplay PreSkillShellCommand""".split()
)
HOOK_TYPES: Final = {"command": "command", "prompt": "prompt", "agent": "prompt", "http": "url"}
_HOOKS: Final = HookForm(EVENTS, HOOK_TYPES, '"$CLAUDE_PROJECT_DIR"/.claude/hooks')
# The folder of the user's own can be moved: the shell knows where it is.
_USER_HOOKS: Final = HookForm(EVENTS, HOOK_TYPES, '"${CLAUDE_CONFIG_DIR:-$HOME/.claude}"/hooks')
# Seen: a URL without a type is skipped. A server is turned off in the user's settings, not here.
_SERVERS: Final = as_it_is(defaults=True, typed=True)


def _settings(form: HookForm) -> EntryPlace:
    place = EntryPlace(".claude/settings.json", "/hooks", "json", hooks(form), files=".claude/hooks")
    # Seen: `claude doctor` reports a comment as invalid, and then nothing of the file counts.
    return place._replace(is_plain=True)


CLAUDE_CODE: Final = Tool(
    name="claude-code",
    docs="https://code.claude.com/docs/en/settings",
    places={
        Kind.AGENT: (FilePlace(".claude/agents"),),
        Kind.COMMAND: (FilePlace(".claude/commands"),),
        Kind.RULE: (FilePlace(".claude/rules", ".md", render=rules(_RULES)),),
        Kind.SKILL: (FolderPlace(".claude/skills"),),
        Kind.MCP: (EntryPlace(".mcp.json", "/mcpServers", "json", _SERVERS, hides=".github/mcp.json", is_plain=True),),
        Kind.HOOK: (_settings(_HOOKS),),
    },
    user_places={
        Kind.AGENT: (FilePlace(".claude/agents"),),
        Kind.COMMAND: (FilePlace(".claude/commands"),),
        Kind.RULE: (FilePlace(".claude/rules", ".md", render=rules(_RULES)),),
        Kind.SKILL: (FolderPlace(".claude/skills"),),
        Kind.MCP: (CommandPlace(".claude.json", ("claude", "mcp", "add-json", "-s", "user"), _SERVERS),),
        Kind.HOOK: (_settings(_USER_HOOKS),),
    },
    roots=(Root(".claude", "CLAUDE_CONFIG_DIR"),),
    signs=(".claude", "CLAUDE.md", ".mcp.json"),
    sources={
        Kind.AGENT: "https://code.claude.com/docs/en/sub-agents",
        Kind.COMMAND: "https://code.claude.com/docs/en/slash-commands",
        Kind.RULE: "https://code.claude.com/docs/en/memory",
        Kind.SKILL: "https://code.claude.com/docs/en/skills",
        Kind.MCP: "https://code.claude.com/docs/en/mcp",
        Kind.HOOK: "https://code.claude.com/docs/en/hooks",
    },
    # Read in Claude Code 2.1.332.
    reads_too=(Reading("AGENTS.md", unless="CLAUDE.md"),),
    # It warns at 15,000 tokens of agents. Of skills it lists 1 % of the context: 8,000 characters of 200,000 tokens.
    budgets={Kind.AGENT: 15_000, Kind.SKILL: 2_000},
)
