"""The program is portable by construction: one room asks which system this is, and what a system lacks.

Read from the syntax tree, as in `tests/test_layers.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final

import pytest

from tests.sources import nodes_of, sources

ROOM: Final = "platform/"
STARTS_PROGRAMS: Final = "platform/processes.py"
# The modules that ask the system themselves, with the reason.
ASKS: Final = {"disk/clean_record.py": "it answers before any other module is loaded"}

_MODULES: Final = frozenset(
    "ctypes fcntl grp msvcrt platform platformdirs pty pwd resource select tempfile termios winreg".split()
)
_SYSTEM: Final = re.compile(
    r"sys\.(platform|getwindowsversion)"
    r"|os\.(name|uname|killpg|kill|setsid|getpgid|gete?[ug]id|set_blocking|l?f?chmod|l?f?chown|supports_\w+|walk"
    r"|link|symlink|readlink|renames?|replace|unlink|remove|rmdir|removedirs"
    r"|listdir|scandir|umask|dup2?|fsync|mk(fifo|nod)|statvfs|getlogin|fork|wait\w*|path\.(expanduser|ismount|commonpath)"
    r"|O_(NOFOLLOW|NONBLOCK|DIRECTORY|PATH|BINARY|CLOEXEC))"
    r"|signal\.SIG(KILL|HUP|PIPE|ALRM|QUIT|USR1|USR2)"
    r"|stat\.(S_I[RWX]\w+|S_IS(UID|GID|VTX)|S_ISLNK|FILE_ATTRIBUTE_\w+|IO_REPARSE_\w+)"
    r"|Path\.home|shutil\.(rmtree|move|which|copy\w*)|os\.path\.(islink|isjunction|samefile|normcase|realpath)"
)
_KEYWORDS: Final = frozenset(("dir_fd", "src_dir_fd", "dst_dir_fd", "start_new_session", "preexec_fn", "creationflags"))
_PATH_CALLS: Final = frozenset(
    "is_symlink is_junction readlink symlink_to hardlink_to rmdir mkdir makedirs lchmod expanduser owner".split()
)
# Fields of a status that some systems lack, or mean otherwise: on Windows, `st_ctime` is when a file was made.
_FIELDS: Final = frozenset(
    "st_uid st_gid st_nlink st_ctime st_ctime_ns st_birthtime st_flags st_rdev st_blocks".split()
)
_UNIX_PATHS: Final = re.compile(r"(.*=)?/(dev|etc|usr|var|proc|bin|tmp)(/.*)?")
_MOVES: Final = frozenset(("replace", "rename", "unlink", "remove", "remove_tree", "move", "put", "exchange"))
_OPENS: Final = re.compile(r"(.*\.)?(open|fdopen)|open_plain|tempfile\.\w+")
# Two spellings of a name on disk are compared by `same_name`; `composed` reads what a folder lists.
# `plain_name` makes a name up from letters; the rules of the Agent Skills say what names in headers are compared in.
_NORMALISES: Final = frozenset(("checking/skill_rules.py", "model/item.py", "model/plain_name.py", "platform/names.py"))


def system_faults(path: str, nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Every question about the system, or use of what some systems lack, outside of its room."""
    if path.startswith(ROOM) or path in ASKS:
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            names = {alias.name.partition(".")[0] for alias in node.names}
            yield from (f"{path}:{node.lineno}: imports {name}" for name in sorted(names & _MODULES))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in _MODULES:
            yield f"{path}:{node.lineno}: imports {node.module}"
        elif isinstance(node, ast.Attribute) and _SYSTEM.fullmatch(word := ast.unparse(node)):
            yield f"{path}:{node.lineno}: {word}"
        elif isinstance(node, ast.keyword) and node.arg in _KEYWORDS:
            yield f"{path}:{node.value.lineno}: {node.arg}"
        elif isinstance(node, ast.Call):
            yield from _call_faults(path, node)


def fact_faults(path: str, nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Every use of what a system tells of a file, or of a place, where others tell something else."""
    if path.startswith(ROOM) or path in ASKS:
        return
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr in _FIELDS:
            yield f"{path}:{node.lineno}: .{node.attr}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _UNIX_PATHS.fullmatch(node.value):
            yield f"{path}:{node.lineno}: {node.value!r} is on no other system"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd) and _reads_mode(node):
            yield f"{path}:{node.lineno}: a bit of a mode"


def _reads_mode(node: ast.BinOp) -> bool:
    return any("st_mode" in text or "ST_MODE" in text for text in map(ast.unparse, (node.left, node.right)))


def _call_faults(path: str, call: ast.Call) -> Iterator[str]:
    function = ast.unparse(call.func)
    if function in ("getattr", "hasattr") and ast.unparse(call.args[0]) in ("os", "signal", "select"):
        yield f"{path}:{call.lineno}: {ast.unparse(call)}"
    elif isinstance(call.func, ast.Attribute) and call.func.attr in _PATH_CALLS:
        yield f"{path}:{call.lineno}: .{call.func.attr}()"
    elif isinstance(call.func, ast.Attribute) and call.func.attr in ("replace", "rename") and _moves_a_path(call):
        if not path.startswith("disk/"):  # there it is an Entry of the platform
            yield f"{path}:{call.lineno}: {function}() of a path"


def _moves_a_path(call: ast.Call) -> bool:
    return len(call.args) == 1 and not call.keywords


def open_faults(path: str, nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Every move of a file while a block has one open."""
    for block in nodes:
        if not isinstance(block, ast.With) or not any(_opens(item.context_expr) for item in block.items):
            continue
        for node in (inner for statement in block.body for inner in ast.walk(statement)):
            if isinstance(node, ast.Call) and (name := ast.unparse(node.func).rpartition(".")[2]) in _MOVES:
                if name != "replace" or _moves_a_path(node):
                    yield f"{path}:{node.lineno}: {name} while a file is open"


def _opens(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and bool(_OPENS.fullmatch(ast.unparse(node.func).replace(" ", "")))


def program_faults(path: str, nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Every program that is started elsewhere, or by its name alone."""
    for node in nodes:
        if isinstance(node, ast.Call) and re.fullmatch(
            r"subprocess\.\w+|os\.(system|popen|spawn\w+|exec\w+)", _of(node)
        ):
            if path != STARTS_PROGRAMS:
                yield f"{path}:{node.lineno}: {_of(node)} outside of {STARTS_PROGRAMS}"
            first = node.args[0] if node.args else None
            named = first.elts[0] if isinstance(first, ast.List) and first.elts else first
            if isinstance(named, ast.Constant):
                yield f"{path}:{node.lineno}: {named.value!r} is started by its name"


def _of(node: ast.Call) -> str:
    return ast.unparse(node.func)


def identity_faults(path: str, nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Every statement that tells a file by its inode, without a time."""
    if path.startswith(ROOM) or path in ASKS:
        return
    for node in nodes:
        is_simple = isinstance(node, ast.stmt) and not hasattr(node, "body")
        if is_simple and "st_ino" in (text := ast.unparse(node)) and "st_mtime_ns" not in text:
            yield f"{path}:{getattr(node, 'lineno', 0)}: an inode alone"


def name_faults(path: str, nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Every other way to bring names into a normal form."""
    for node in nodes:
        if isinstance(node, ast.Call) and _of(node) == "unicodedata.normalize" and path not in _NORMALISES:
            yield f"{path}:{node.lineno}: compare names with same_name"


FAULTS: Final = (system_faults, fact_faults, open_faults, program_faults, identity_faults, name_faults)


def test_each_module() -> None:
    """None but those of the room knows of systems."""
    assert [fault for path, nodes in sources() for find in FAULTS for fault in find(path, nodes)] == []


def test_each_exception_is_needed() -> None:
    """The list holds nothing that keeps the rule."""
    assert {path for path, nodes in sources() if path in ASKS and any(system_faults("other.py", nodes))} == set(ASKS)


@pytest.mark.parametrize(
    "source",
    [
        "import fcntl",
        "from ctypes import CDLL",
        "if sys.platform == 'win32': ...",
        "x = os.name",
        "os.killpg(1, 2)",
        "os.open('x', os.O_RDONLY | os.O_NOFOLLOW)",
        "os.open('x', getattr(os, 'O_NOFOLLOW', 0))",
        "os.stat('x', dir_fd=3)",
        "signal.SIGKILL",
        "shutil.rmtree('x')",
        "path.is_symlink()",
        "import tempfile",
        "os.listdir(folder)",
        "runs = status.st_mode & 0o100",
        "stat.S_IXUSR",
        "made = status.st_ctime_ns",
        "status.st_uid",
        "Path.home()",
        "Path('~/x').expanduser()",
        "x = '/etc/gitconfig'",
        "x = 'core.hooksPath=/dev/null'",
        "os.umask(0)",
        "scratch.replace(where)",
        "with open('x') as file:\n    move(file)",
        "with os.fdopen(3) as file:\n    if 1:\n        scratch.replace(where)",
        "subprocess.run(['git', 'status'])",
        "os.system('git')",
        "same = one.st_ino == other.st_ino",
        "unicodedata.normalize('NFC', name)",
    ],
)
def test_a_fault_is_found(source: str) -> None:
    """The checks above find what they are for."""
    assert [fault for find in FAULTS for fault in find("commands/x.py", nodes_of(source))]


@pytest.mark.parametrize(
    "source",
    [
        "text.replace('a', 'b')",
        "from agentsync.platform.links import is_link",
        "with open('x') as file:\n    text = file.read().replace('a', 'b')",
        "seen = status.st_ino, status.st_mtime_ns",
        "is_folder = stat.S_ISDIR(status.st_mode)",
        "address = 'https://example.com/etc/x'",
    ],
)
def test_what_is_allowed_is_no_fault(source: str) -> None:
    """The checks above do not stand in the way."""
    assert [fault for find in FAULTS for fault in find("commands/x.py", nodes_of(source))] == []
