"""Loading of what a command needs later, while it waits for a network."""

from __future__ import annotations

from agentsync.targets.all_tools import TOOLS


def load_reading() -> None:
    """Load what reads the headers of items: it takes longer than to find out that they were read before."""
    import yaml  # noqa: F401

    import agentsync.planning.gate  # noqa: F401


def load_deciding() -> None:
    """Load what decides once registries have answered: it takes longer than for most of them to answer."""
    import packaging.specifiers  # noqa: F401

    load_reading()
    import agentsync.disk.documents
    import agentsync.planning.clashing
    import agentsync.planning.gains
    import agentsync.planning.locking  # noqa: F401


def load_writing() -> None:
    """Load what writes files."""
    import agentsync.disk.journal
    import agentsync.formats.intent
    import agentsync.formats.lock_writer
    import agentsync.planning.succession
    import agentsync.platform.exchange  # noqa: F401
    from agentsync.platform.c_library import c_library

    c_library()
    list(TOOLS.values())  # any of them may have written a document
