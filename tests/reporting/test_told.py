"""What AI tools do not get, as lines for people."""

from agentsync.model.finding import Told
from agentsync.reporting.findings import told_lines


def test_what_waits_is_told_with_what_it_would_run() -> None:
    """A digest says nothing to a person; what else is asked for stands beside the command."""
    waiting = [
        Told("codex", "p", "agent:a", "residue", "spawn, mcp", "", waits=True),
        Told(
            "codex", "p", "mcp:db", "consent", "for:codex, hides:x:y, mcp-server:db:0f", "", waits=True, runs="npx db"
        ),
    ]
    assert told_lines(waiting) == [
        "codex: not installed before a yes: agent:a of p: codex would also give spawn, mcp",
        "codex: not installed before a yes: mcp:db of p: npx db; hides:x:y",
        "to say yes: --accept-grants, or `agentsync grants --accept` and then `agentsync install`, "
        "or `codex: {residue: [spawn, mcp]}` below `targets:`",
    ]
    gain = Told("codex", "p", "hook:h", "consent", "hook:Stop:0f", "", runs="Stop: ls")
    assert told_lines([gain]) == ["codex: waits for a yes: hook:h of p: Stop: ls"]


def test_a_loss_has_its_reason() -> None:
    """Where the word alone does not say why; the same reason is told once for all items."""
    lost = [Told("cursor", "p", f"agent:{name}", "narrowed", "exec", "both as one") for name in "ab"]
    assert told_lines(lost) == ["cursor: exec narrowed for agent:a, agent:b of p: both as one"]
    assert told_lines([lost[0]._replace(code="dropped")]) == ["cursor: exec dropped for agent:a of p"]


TOLD = (
    Told("codex", "acme/a", "agent:x", "dropped", "model", ""),
    Told("codex", "acme/b", "agent:x", "dropped", "model", ""),
    Told("codex", "acme/a", "agent:x", "residue", "net", "it stays"),
    Told("codex", "acme/a", "", "refused", "agent in TOML", "no place", 2),
    Told("codex", "acme/b", "", "refused", "agent in TOML", "no place", 1),
    Told("codex", "acme/a", "mcp:s", "residue", "net, mcp", "", waits=True),
    Told("codex", "acme/b", "mcp:s", "residue", "net, mcp", "", waits=True),
)


def test_one_line_for_a_tool_and_a_loss() -> None:
    """Whatever number of packs it is told of; what waits for a yes is a line for each pack."""
    assert [line.partition(";")[0] for line in told_lines(TOLD)[:-1]] == [
        "codex: model dropped for 2 agents of 2 packs",
        "codex: net stays allowed for agent:x of acme/a: it stays",
        "codex: not installed: 3 agents in TOML of 2 packs: no place",
        "codex: not installed before a yes: mcp:s of acme/a: codex would also give net, mcp",
        "codex: not installed before a yes: mcp:s of acme/b: codex would also give net, mcp",
    ]
    assert "codex: model dropped for agent:x of acme/b" in told_lines(TOLD, everything=True)
