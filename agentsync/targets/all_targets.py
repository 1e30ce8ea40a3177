"""Every AI tool that agentsync installs for."""

from collections.abc import Mapping
from typing import Final

from agentsync.targets.claude_code import CLAUDE_CODE
from agentsync.targets.target import Target

TARGETS: Final[Mapping[str, Target]] = {target.name: target for target in (CLAUDE_CODE,)}
