"""The renderer of each kind of item in a tool's form. What renders is loaded when something is rendered.

Most commands render nothing, and every command looks up the places of its tools, whose renderers stand there.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from agentsync.rendering.agent_form import AgentForm
    from agentsync.rendering.command_form import CommandForm
    from agentsync.rendering.hook_form import HookForm
    from agentsync.rendering.rendered import Rendered, Renderer, Source
    from agentsync.rendering.rule_form import RuleForm, SectionForm
    from agentsync.rendering.server_form import Dialect


def agents(form: AgentForm) -> Renderer:
    """Return the renderer of agents, each no wider than its source but for the residue."""
    return partial(_agent, form)


def commands(form: CommandForm) -> Renderer:
    """Return the renderer of commands; one that would not do there what it does in its source is refused."""
    return partial(_command, form)


def rules(form: RuleForm) -> Renderer:
    """Return the renderer of rules as files; one of a meaning that the tool does not have is refused."""
    return partial(_rule, form)


def sections(form: SectionForm) -> Renderer:
    """Return the renderer of rules as sections of a document."""
    return partial(_section, form)


def servers(dialect: Dialect) -> Renderer:
    """Return the renderer of servers in a dialect."""
    return partial(_server, dialect)


def as_it_is(*, defaults: bool = False, typed: bool = False) -> Renderer:
    """Return the renderer of servers for a tool that reads them as packs have them.

    Args:
        defaults: whether it knows `${V:-TEXT}`, for a variable that may be missing.
        typed: whether it loads no URL without a type, and knows no key that turns a server off.
    """
    return partial(_as_it_is, defaults, typed)


def by_name(source: Source) -> Rendered:
    """Render a server for a tool that passes variables of the environment on by name, and never inside of a text."""
    from agentsync.rendering.mcp import render_by_name

    return render_by_name(source)


def hooks(form: HookForm) -> Renderer:
    """Return the renderer of groups of hooks."""
    return partial(_hooks, form)


def added_power(render: Renderer, target: str, grants: Collection[str], edited: bytes) -> set[str]:
    """Return what an edit of a rendered file adds to the grants of its item; nothing for a text without a power."""
    from agentsync.rendering.power_there import Had, power_of_agent, power_of_command

    if not isinstance(render, partial):
        return set()
    had = Had(frozenset(grants), target)
    if render.func is _agent:
        return power_of_agent(render.args[0], had, edited)
    return power_of_command(render.args[0], had, edited) if render.func is _command else set()


def _agent(form: AgentForm, source: Source) -> Rendered:
    from agentsync.rendering.agents import render_agent

    return render_agent(form, source)


def _command(form: CommandForm, source: Source) -> Rendered:
    from agentsync.rendering.command import render_command

    return render_command(form, source)


def _rule(form: RuleForm, source: Source) -> Rendered:
    from agentsync.rendering.rule import render_rule

    return render_rule(form, source)


def _section(form: SectionForm, source: Source) -> Rendered:
    from agentsync.rendering.rule import render_section

    return render_section(form, source)


def _server(dialect: Dialect, source: Source) -> Rendered:
    from agentsync.rendering.mcp import render_server

    return render_server(dialect, source)


def _as_it_is(defaults: bool, typed: bool, source: Source) -> Rendered:
    from agentsync.rendering.mcp import render_as_it_is

    return render_as_it_is(source, defaults=defaults, typed=typed)


def _hooks(form: HookForm, source: Source) -> Rendered:
    from agentsync.rendering.hooks import render_hooks

    return render_hooks(form, source)
