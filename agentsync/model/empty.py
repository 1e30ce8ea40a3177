"""The mapping that holds nothing, as a default that nobody can change."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

EMPTY: Final[Mapping[Any, Any]] = MappingProxyType({})
