"""Start a pack or a registry."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from agentsync.errors import UsageError
from agentsync.model.names import nearest
from agentsync.model.outcome import Outcome
from agentsync.publishing.ci import HOSTS
from agentsync.publishing.starting import absolute, chosen_name, kinds_of, start_pack, start_registry
from agentsync.reporting.words import done_line


def pack_init(path: str = ".", *, name: str = "", kind: Sequence[str] = (), dry_run: bool = False) -> Outcome:
    """Write the first files of a pack, and its entry in the registry that it lies in."""
    folder = absolute(Path(path))
    named = chosen_name(name, folder, "pack")
    started = start_pack(folder, named, kinds_of(kind), dry_run=dry_run)
    data = {"pack": started.name, "path": started.path, "written": list(started.written)}
    lines = [done_line("write", one, dry_run=dry_run) for one in started.written]
    return Outcome(data, [*lines, f"next: agentsync pack check {started.path}"])


class RegistryOptions(NamedTuple):
    """Options of `registry init`.

    Args:
        path: the folder of the registry.
        name: its name, "" for that of the folder.
        from_tree: make what lies there packs.
        ci: the kind of host whose workflow is written, "" for none.
    """

    path: str = "."
    name: str = ""
    from_tree: bool = False
    ci: str = ""
    dry_run: bool = False


def registry_init(options: RegistryOptions) -> Outcome:
    """Write `registry.yaml`, a README where there is none, and perhaps the workflow of a host."""
    if options.ci and options.ci not in HOSTS:
        raise UsageError(f"there is no workflow for {options.ci!r}", hint=nearest(options.ci, HOSTS))
    folder = absolute(Path(options.path))
    named = chosen_name(options.name, folder, "registry")
    started = start_registry(folder, named, options.ci, takes_all=options.from_tree, dry_run=options.dry_run)
    packs = [{"pack": pack.name, "path": pack.path or "."} for pack in started.packs]
    data = {
        "registry": started.name,
        "path": started.path,
        "written": list(started.written),
        "packs": packs if options.from_tree else [],
        "proposed": [] if options.from_tree else packs,
    }
    lines = [done_line("write", one, dry_run=options.dry_run) for one in started.written]
    word = "pack     " if options.from_tree else "proposed "
    lines += [f"{word} {pack['pack']}  {pack['path']}" for pack in packs]
    step = "registry check" if packs and options.from_tree else "pack init packs/NAME"
    return Outcome(data, [*lines, f"next: agentsync {step}"], started.notes)
