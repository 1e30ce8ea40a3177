"""The C library of this process, for calls that Python does not have."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def c_library() -> Any:
    """Return the C library, None where it cannot be asked for.

    On Windows no library is without a name, and a Python can be built without ctypes.
    """
    try:
        import ctypes

        return ctypes.CDLL(None, use_errno=True)
    except (ImportError, OSError, TypeError):
        return None
