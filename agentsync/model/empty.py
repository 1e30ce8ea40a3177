"""The empty mapping, as a default that cannot be changed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

EMPTY: Final[Mapping[Any, Any]] = MappingProxyType({})
