"""Read the files of other tools that install agents and skills: the vocabulary for it.

A reader takes the files that are there, and returns what they ask for. A file that cannot be read is a UsageError.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from agentsync.documents.document import DocumentError, text_of
from agentsync.documents.json_tree import read_tree
from agentsync.errors import UsageError
from agentsync.formats.yaml_tree import YamlError, plain, read_yaml
from agentsync.model.imported import Imported, Lost, Texts
from agentsync.model.names import ScopeName

_HOST: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_IS_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|[^/@\s]+@[^/:\s]+:")
_HOSTS: Final = {"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket"}
_ON_HOST: Final = re.compile(rf"https://(?P<host>{'|'.join(_HOSTS)})/(?P<name>[^/]+/[^/]+?)(?:\.git)?/?")
# As apm, dotagents and rulesync call them.
_TARGETS: Final = {
    "agy": "antigravity",
    "antigravity-cli": "antigravity",
    "antigravity-ide": "antigravity",
    "claude": "claude-code",
    "claudecode": "claude-code",
    "claudecode-legacy": "claude-code",
    "codexcli": "codex",
    "copilotcli": "copilot",
    "factorydroid": "factory",
    "geminicli": "gemini",
    "github-copilot": "copilot",
    "intellij": "copilot",
    "kiro-ide": "kiro",
    "qwencode": "qwen",
    "vscode": "copilot",
}
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Reader(NamedTuple):
    """The reader of one tool's files.

    Args:
        files: the files of a project that it reads, the one with what is asked for first.
        user_files: those that take the place of `files` in user scope, below the home folder.
        looked_into: files of the home folder that say more of what the others ask for.
        read: takes the files that are there, and the folder of the scope.
    """

    name: str
    files: tuple[str, ...]
    user_files: tuple[str, ...]
    read: Callable[[Texts, str], Imported]
    looked_into: tuple[str, ...] = ()

    def asked(self, scope: ScopeName) -> tuple[str, ...]:
        """Return the files that it reads in a scope."""
        return (self.user_files or self.files) if scope is ScopeName.USER else self.files


def json_of(texts: Texts, name: str) -> dict[str, Any]:
    """Return the table in a JSON file, comments allowed; {} where the file is not there."""
    if name not in texts:
        return {}
    try:
        root = read_tree(text_of(texts[name])[1])
    except (DocumentError, ValueError) as error:
        raise unreadable(name, str(error)) from error
    return _table_of(name, root.value if root is not None else {})


def toml_of(texts: Texts, name: str) -> dict[str, Any]:
    """Return the table in a TOML file; {} where the file is not there."""
    if name not in texts:
        return {}
    try:
        return tomllib.loads(texts[name].decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise unreadable(name, str(error)) from error


def yaml_of(texts: Texts, name: str) -> dict[str, Any]:
    """Return the table in a YAML file, all scalars as text; {} where the file is not there."""
    if name not in texts:
        return {}
    try:
        found = plain(read_yaml(texts[name].decode("utf-8")))
    except (YamlError, UnicodeDecodeError) as error:
        raise unreadable(name, str(error)) from error
    return _table_of(name, found or {})


def _table_of(name: str, found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise unreadable(name, "it is no table")
    return found


def unreadable(name: str, why: str) -> UsageError:
    """Return the refusal of a file."""
    return UsageError(f"{name} cannot be read", why=why, hint="mend the file, or leave it out with the names of others")


def of_version(name: str, found: Mapping[str, Any], key: str, *known: str) -> None:
    """Refuse a file whose number says that it has another form than is read here; one without a number may be old."""
    number = text(found.get(key))
    if key in found and number not in known:
        raise UsageError(
            f"{name} has the form {number or 'of no number'}",
            why=f"what is read here has `{key}` {' or '.join(known)}",
            hint="leave it out with the names of others, or let its own tool write the form that is read here",
        )


def table_at(name: str, found: Mapping[str, Any], key: str, below: str = "") -> dict[str, Any]:
    """Return the table at a key of a file, {} where there is none; refuse anything else."""
    return _at(name, found, key, below, dict, "table") or {}


def rows_at(name: str, found: Mapping[str, Any], key: str, below: str = "") -> list[Any]:
    """Return the list at a key of a file, [] where there is none; refuse anything else."""
    return _at(name, found, key, below, list, "list") or []


def tables_at(name: str, found: Mapping[str, Any], key: str, below: str = "") -> list[dict[str, Any]]:
    """Return the tables in the list at a key of a file; refuse anything else in it."""
    listed = rows_at(name, found, key, below)
    if (wrong := next((place for place, one in enumerate(listed) if not isinstance(one, dict)), None)) is not None:
        raise unreadable(name, f"{below}{key}[{wrong}] is no table")
    return listed


def text_at(name: str, found: Mapping[str, Any], key: str, below: str = "") -> str:
    """Return the text at a key of a file, "" where there is none; refuse anything else."""
    return _at(name, found, key, below, str, "text") or ""


def _at(name: str, found: Mapping[str, Any], key: str, below: str, kind: type, word: str) -> Any:
    value = found.get(key)
    if value is not None and not isinstance(value, kind):
        raise unreadable(name, f"{below}{key} is no {word}")
    return value


def table(value: object) -> dict[str, Any]:
    """Return a value that is a table, {} for any other."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Any]:
    """Return a value that is a list, [] for any other."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """Return a value that is a text or a number, "" for any other."""
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def texts_of(value: object) -> tuple[str, ...]:
    """Return the texts of a list."""
    return tuple(one for one in rows(value) if isinstance(one, str))


def repository(source: str, host: str = "") -> tuple[str, str]:
    """Return the repository that `[HOST/]OWNER/REPO[/PATH]` or a URL names, as a manifest writes it, and the path."""
    if found := _ON_HOST.fullmatch(source):
        return f"{_HOSTS[found['host']]}:{found['name']}", ""
    if _IS_URL.match(source):
        return source.removesuffix("/"), ""
    parts = [part for part in source.strip("/").split("/") if part]
    if len(parts) > 2 and _HOST.fullmatch(parts[0]):
        host, parts = parts[0], parts[1:]
    owner, name, path = "/".join(parts[:1]), "/".join(parts[1:2]), "/".join(parts[2:])
    if (shorthand := _HOSTS.get(host or "github.com")) is not None:
        return f"{shorthand}:{owner}/{name.removesuffix('.git')}", path
    return f"https://{host}/{owner}/{name}", path


def is_commit(ref: str) -> bool:
    """Return whether a ref is the id of a commit."""
    return _COMMIT.fullmatch(ref) is not None


def lost_keys(
    origin: str, found: Mapping[str, Any], reasons: Mapping[str, str], read: Collection[str], below: str = ""
) -> Iterator[Lost]:
    """Yield the keys of a table that are not taken over, each with its reason.

    Args:
        read: the keys that are taken over, and those that ask for nothing.
        below: where the table is in its file.
    """
    for key, value in found.items():
        if key not in read and value:
            yield Lost(origin, f"{below}{key}", reasons.get(key, "a manifest has no word for it"))


def target(name: str) -> str:
    """Return the name of a target for a tool as others call it; as it is where there is no other."""
    return _TARGETS.get(name, name)
