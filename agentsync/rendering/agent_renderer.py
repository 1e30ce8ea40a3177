"""The renderer of a form of agents. What makes a file is loaded when a file is made, since most commands make none."""

from typing import NamedTuple

from agentsync.rendering.agent_form import AgentForm
from agentsync.rendering.rendered import Rendered, Source


class AgentRenderer(NamedTuple):
    """Renders agents as one tool reads them."""

    form: AgentForm

    def render(self, source: Source) -> Rendered:
        """Return an agent as the tool reads it, no wider than its source but for the residue."""
        from agentsync.rendering.agents import render_agent

        return render_agent(self.form, source)
