"""The chooser: a list with a search, in which a person marks names with the keys; prompt_toolkit draws it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from prompt_toolkit.application import Application, get_app
from prompt_toolkit.data_structures import Size
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import FormattedTextControl, Layout, Window
from prompt_toolkit.output import ColorDepth, create_output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.utils import get_cwidth

from agentsync.platform.streams import shows_colours
from agentsync.reporting.failure import shown

_MOST_ROWS: Final = 12  # of names at once
_OTHER_ROWS: Final = 4  # the search, the count, the keys, and one that stays free
_KEYS: Final = "space marks, enter takes the marked, esc leaves; ctrl-a marks all found"
_PATIENCE: Final = 0.05  # seconds: how long after Esc the rest of an arrow key may come


class Choosing:
    """The state of a chooser: what is searched for, where the pointer is, what is marked.

    Args:
        described: the names, each with its description, "" for none.
    """

    def __init__(self, described: Mapping[str, str]) -> None:
        self._described = described
        self._width = max(len(_plain(name)) for name in described)
        self._pointer = 0
        self.marked: set[str] = set()
        self.search = ""
        self.remark = ""

    @property
    def found(self) -> list[str]:
        """The names that the search fits, by name or description."""
        searched = self.search.casefold()
        return [name for name, about in self._described.items() if searched in f"{name}\n{about}".casefold()]

    @property
    def chosen(self) -> list[str]:
        return [name for name in self._described if name in self.marked]

    def look_for(self, text: str) -> None:
        self.search, self._pointer, self.remark = text, 0, ""

    def move(self, rows: int) -> None:
        """Move the pointer down by some rows, or up; it stays in the list."""
        self._pointer = max(0, min(self._pointer + rows, len(self.found) - 1))
        self.remark = ""

    def mark(self) -> None:
        """Mark the name at the pointer, or take its mark away."""
        self.remark = ""
        self.marked ^= set(self.found[self._pointer :][:1])

    def mark_all(self) -> None:
        """Mark every name that is found; where all are marked, take their marks away."""
        found = set(self.found)
        self.marked = self.marked - found if found <= self.marked else self.marked | found

    def fragments(self, size: Size) -> StyleAndTextTuples:
        """Return the rows to show on a terminal of a size, with the style of each part."""
        found, rows = self.found, max(1, min(_MOST_ROWS, size.rows - _OTHER_ROWS))
        first = max(0, min(self._pointer - rows // 2, len(found) - rows))
        lines: list[tuple[str, str]] = [
            ("bold", f"search: {_plain(self.search)}_" if self.search else "type to search")
        ]
        for place, name in enumerate(found[first : first + rows], start=first):
            sign, box = ">" if place == self._pointer else " ", "[x]" if name in self.marked else "[ ]"
            text = f"{sign} {box} {_plain(name):{self._width}}  {_plain(self._described[name])}".rstrip()
            lines.append(("reverse" if place == self._pointer else "bold" if name in self.marked else "", text))
        count = f"{len(found)} of {len(self._described)} packs" if found else "nothing fits this search"
        lines += [("", f"  {count}, {len(self.marked)} marked"), ("", f"  {self.remark or _KEYS}")]
        return [(style, f"{_cut(text, size.columns - 1)}\n") for style, text in lines]


def _plain(text: str) -> str:
    return " ".join(shown(text).split())


def _cut(text: str, columns: int) -> str:
    if get_cwidth(text) <= columns:
        return text
    while text and get_cwidth(text) > columns - 1:
        text = text[:-1]
    return f"{text}…"


def choose_by_keys(described: Mapping[str, str]) -> Sequence[str]:
    """Let a person choose some names on the terminal that standard input and standard error are.

    Raises:
        KeyboardInterrupt: with Esc and Ctrl-C.
    """
    choosing = Choosing(described)
    output = create_output(stdout=sys.stderr)
    if isinstance(output, Vt100_Output):
        output.enable_cpr = False  # some terminals do not answer where their cursor is
    control = FormattedTextControl(lambda: choosing.fragments(get_app().output.get_size()), show_cursor=False)
    application: Application[list[str]] = Application(
        Layout(Window(control, dont_extend_height=True)),
        key_bindings=_keys(choosing),
        output=output,
        color_depth=None if shows_colours(sys.stderr) else ColorDepth.DEPTH_1_BIT,
        erase_when_done=True,
    )
    application.ttimeoutlen = _PATIENCE
    return application.run()


def _keys(choosing: Choosing) -> KeyBindings:
    keys = KeyBindings()

    def on(do: Callable[[], None], *names: str) -> None:
        for name in names:
            keys.add(name)(lambda _: do())

    on(lambda: choosing.move(-1), "up", "c-p", "s-tab")
    on(lambda: choosing.move(1), "down", "c-n", "tab")
    on(lambda: choosing.move(-_MOST_ROWS), "pageup")
    on(lambda: choosing.move(_MOST_ROWS), "pagedown")
    on(lambda: choosing.move(-len(choosing.found)), "home")
    on(lambda: choosing.move(len(choosing.found)), "end")
    on(choosing.mark, "space")
    on(choosing.mark_all, "c-a")
    on(lambda: choosing.look_for(choosing.search[:-1]), "backspace")
    on(lambda: choosing.look_for(""), "c-u")
    keys.add("enter")(lambda event: _take(choosing, event))
    for name in ("escape", "c-c", "c-d"):
        keys.add(name)(lambda event: event.app.exit(exception=KeyboardInterrupt()))
    for name in (Keys.Any, Keys.BracketedPaste):
        keys.add(name)(lambda event: choosing.look_for(choosing.search + _printable(event.data)))
    return keys


def _take(choosing: Choosing, event: KeyPressEvent) -> None:
    if choosing.marked:
        event.app.exit(result=choosing.chosen)
    else:
        choosing.remark = "nothing is marked yet: space marks, esc leaves"


def _printable(typed: str) -> str:
    return "".join(character for character in typed if character.isprintable())
