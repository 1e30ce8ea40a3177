"""Words in colour where a terminal or FORCE_COLOR asks for them, and nowhere else."""

from __future__ import annotations

from tests.cli.hint_stories import DESIGNER
from tests.sandbox import Sandbox

YELLOW, RED, RESET = "\x1b[33m", "\x1b[31m", "\x1b[0m"


def test_the_first_word_has_a_colour(installed: Sandbox) -> None:
    """Plain through a pipe; NO_COLOR has the last word; data for programs stays as it is."""
    (installed.project / DESIGNER).write_text("Mine\n")
    plain = installed.run("drift")
    assert "\x1b" not in plain.stdout + plain.stderr
    forced = installed.run("drift", env={"FORCE_COLOR": "1"})
    assert forced.stdout.startswith(f"{YELLOW}edited{RESET}  ")
    assert forced.stdout.replace(YELLOW, "").replace(RESET, "") == plain.stdout
    assert installed.run("drift", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout == plain.stdout
    assert "\x1b" not in installed.run("drift", "--json", env={"FORCE_COLOR": "1"}).stdout
    failed = installed.run("add", "team/none", env={"FORCE_COLOR": "1"})
    assert failed.stderr.startswith(f"{RED}error:{RESET} ")
