"""Remove credentials from texts before they are stored or printed."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

_MAX_LENGTH: Final = 2048
# These four are matched against one word of limited length at a time: a server's message must not take long.
_WORD: Final = re.compile(r"\S+")
_USER_INFO: Final = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]{0,30})://"
    # A `:` that starts no port starts a password, even one with an unescaped `/`.
    r"(?:([^/]*)@|([^/@\[:]*):(?![0-9]*(?:/|$)).*@)"
)
_SCP_PASSWORD: Final = re.compile(r"^(['\"(<]*[^/:@'\"(<][^/:@'\"]*):[^/]+@(?=[^@]*:)")
_QUERY_VALUE: Final = re.compile(r"([?&;])([^?&;=#'\"]+)=([^&#]*)")
_AUTHORIZATION: Final = re.compile(r"(authorization:\s*\w+\s+)\S+", re.I)
_SECRET_NAME: Final = re.compile(
    r"token|secret|passw|passphrase|pwd|auth(?!or)|credential|signature|jwt|api_?key|(?:^|[._-])(?:key|sig)$",
    re.I,
)


def redact(text: str) -> str:
    """Remove the credentials from a text with URLs, such as the output of git.

    User and password go from every URL (the user stays in ssh), values of query parameters with
    secret-sounding names and of Authorization headers become `***`.
    """
    return _AUTHORIZATION.sub(r"\1***", _WORD.sub(_redacted_word, text))


def _redacted_word(found: re.Match[str]) -> str:
    word = found[0]
    if "@" not in word and "=" not in word:
        return word
    if len(word) > _MAX_LENGTH:
        return "***"
    word = _SCP_PASSWORD.sub(r"\1@", _USER_INFO.sub(_without_user_info, word))
    return _QUERY_VALUE.sub(_without_secret_value, word)


def _without_user_info(found: re.Match[str]) -> str:
    scheme, user_info, user = found.groups(default="")
    return f"{scheme}://{user or user_info.partition(':')[0]}@" if scheme.lower().endswith("ssh") else f"{scheme}://"


def _without_secret_value(found: re.Match[str]) -> str:
    if not is_secret(found[2]):
        return found[0]
    quotes = found[3][len(found[3].rstrip("'\">)]")) :]
    return f"{found[1]}{found[2]}=***{quotes}"


def is_secret(parameter: str) -> bool:
    """Return whether the name of a query parameter is that of a secret."""
    return _SECRET_NAME.search(unquote(parameter)) is not None
