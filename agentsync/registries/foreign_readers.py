"""The readers of other tools' files, one for each tool."""

from typing import Final

from agentsync.registries.foreign_apm import APM
from agentsync.registries.foreign_plugins import PLUGINS
from agentsync.registries.foreign_rulesync import RULESYNC
from agentsync.registries.foreign_skills import DOTAGENTS, SKILLS

READERS: Final = (APM, SKILLS, DOTAGENTS, RULESYNC, PLUGINS)
