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
    (line,) = told_lines(waiting)
    assert "agent:a, mcp:db of p, for spawn, mcp, hides:x:y; mcp:db: npx db; `agentsync grants --accept`" in line
    gain = Told("codex", "p", "hook:h", "consent", "hook:Stop:0f", "", runs="Stop: ls")
    assert told_lines([gain]) == ["codex: waits for a yes: hook:h of p, for hook:h: Stop: ls"]
