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
