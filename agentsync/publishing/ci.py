"""The workflow files of a registry: they check pull requests, publish the catalogue, and release packs."""

from importlib.resources import files
from typing import Final

from agentsync import __version__
from agentsync.formats.yaml_text import scalar

HOSTS: Final = {"github": ".github/workflows/registry.yml", "gitlab": ".gitlab-ci.yml"}
"""The path of the workflow file by the kind of host."""


def workflow(host: str, branch: str) -> str:
    """Return the workflow file for a kind of host.

    Args:
        branch: the branch that counts.
    """
    text = (files("agentsync") / f"publishing/workflows/{host}.yml").read_text(encoding="utf-8")
    return text.replace("@BRANCH@", scalar(branch)).replace("@AGENTSYNC@", f"agentsync=={__version__}")
