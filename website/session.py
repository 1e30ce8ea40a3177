"""The session on the first page as a picture that plays: a hook of MkDocs.

It is made of the console blocks of that page, which a test runs: what it shows is what the program prints. Where a
person wants no motion, all of it stands there at once.

Source of the interface: https://www.mkdocs.org/dev-guide/plugins/#events
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

_PAGE: Final = "index.md"
_PICTURE: Final = "session.svg"
_BLOCK: Final = re.compile(r"```console\n(.*?)```", re.DOTALL)
_COLUMN, _LINE, _MARGIN, _TOP = 8.4, 21, 18, 46
_READING: Final = 0.28  # seconds that a line stands before the next one comes
_TYPING: Final = 0.9  # seconds more after which a command comes
_STYLE: Final = """
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #d6deeb; white-space: pre; }
.prompt { fill: #7fdbca; } .command { fill: #ffffff; font-weight: 600; } .exit { fill: #f78c6c; }
.good { fill: #9ccc65; } .odd { fill: #ffcb6b; }
g { opacity: 0; animation: come 0.15s linear forwards; }
@keyframes come { to { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { g { opacity: 1; animation: none; } }
"""
_ODD: Final = ("edited", "merged", "conflict", "asks for", "drifted")
_GOOD: Final = ("in sync", "wrote", "locked")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the picture, so that the page may show it."""
    text = Path(config.docs_dir, _PAGE).read_text(encoding="utf-8")
    lines = [line for block in _BLOCK.findall(text) for line in block.splitlines()]
    files.append(File.generated(config, _PICTURE, content=picture(lines)))
    return files


def picture(lines: list[str]) -> str:
    """Return the picture of a session.

    Args:
        lines: commands, each after `$ `, and what they print.
    """
    width = round(max(map(len, lines)) * _COLUMN) + 2 * _MARGIN
    height = _TOP + len(lines) * _LINE + _MARGIN
    dots = "".join(
        f'<circle cx="{_MARGIN + 4 + 18 * number}" cy="20" r="5.5" fill="{colour}"/>'
        for number, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    shown, when = [], 0.3
    for number, line in enumerate(lines):
        when += _TYPING if line.startswith("$ ") else _READING
        place = f'x="{_MARGIN}" y="{_TOP + number * _LINE + 14}"'
        shown.append(f'<g style="animation-delay: {when:.2f}s"><text {place}>{_words(line)}</text></g>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
        f"<title>A session of agentsync in a terminal</title><style>{_STYLE}</style>"
        f'<rect width="{width}" height="{height}" rx="10" fill="#0b1622"/>{dots}{"".join(shown)}</svg>'
    )


def _words(line: str) -> str:
    if line.startswith("$ "):
        return f'<tspan class="prompt">$ </tspan><tspan class="command">{escape(line[2:])}</tspan>'
    kind = "exit" if line.startswith("[exit") else "odd" if any(word in line for word in _ODD) else ""
    kind = kind or ("good" if any(word in line for word in _GOOD) else "")
    return f'<tspan class="{kind}">{escape(line)}</tspan>' if kind else escape(line)
