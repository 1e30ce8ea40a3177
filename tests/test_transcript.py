"""The transcript engine: it accepts what is true and finds what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transcript import Command, TranscriptError, is_runnable, matches, parse, play


def page(tmp_path: Path, text: str) -> Path:
    """A markdown file with this text."""
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    return path


def block(*lines: str) -> str:
    """A console block with these lines, as it stands in a page."""
    return "\n".join(["Some words.", "", "```console", *lines, "```", ""])


@pytest.mark.parametrize(
    "lines",
    [
        ("$ echo hello", "hello"),
        ("$ echo hello; echo oops >&2; exit 3", "hello", "oops", "[exit 3]"),
        ("$ printf 'a\\nb\\nc\\n'; exit 2", "a", "...", "[exit 2]"),
        ("$ printf 'a\\nb\\nc\\n'", "...", "c"),
        ("$ printf 'a\\nb\\nc\\n'", "a", "...", "b", "c"),
        ("$ true", "...", "$ true"),
        ("$ echo 'a     b'", "a  b"),
        ("$ echo; echo x", "", "x", ""),
        ("$ cd sub 2>/dev/null || mkdir sub && cd sub", "$ pwd", "/tmp/demo/sub"),
        ("$ cat <<EOF", "> one", "> two", "> EOF", "one", "two"),
        ("$ echo one \\", "    two", "one two"),
        ("$ echo $HOME /home/me", "/home/me /home/me"),
        ("$ echo $AGENTSYNC_CACHE_DIR", "/home/me/.cache/agentsync"),
        (
            "$ touch a; git init -q -b main; git add a; git commit -qm x; git rev-parse @",
            "e043ce77db3241173a2c4673498118869141cdbf",
        ),
    ],
)
def test_what_is_true_passes(tmp_path: Path, lines: tuple[str, ...]) -> None:
    """Each way to say what is printed."""
    play(page(tmp_path, block(*lines)), tmp_path / "machine")


@pytest.mark.parametrize(
    "lines",
    [
        ("$ echo hello",),
        ("$ echo hello", "hello", "hello"),
        ("$ echo hello", "hello", "[exit 1]"),
        ("$ exit 1",),
        ("$ exit 1", "[exit 2]"),
        ("$ exit 1", "..."),
        ("$ printf 'a\\nb\\n'", "a"),
        ("$ printf 'a\\nb\\n'", "...", "a"),
        ("$ echo a.b", "a.c"),
        ("$ echo axb", "a.b"),
        ("$ echo 'a b'", "a  b"),
        ("hello",),
    ],
)
def test_what_is_not_fails(tmp_path: Path, lines: tuple[str, ...]) -> None:
    """Each way to be wrong."""
    with pytest.raises(TranscriptError):
        play(page(tmp_path, block(*lines)), tmp_path / "machine")


def test_a_failure_names_line_command_and_difference(tmp_path: Path) -> None:
    """A failure can be found and understood."""
    path = page(tmp_path, block("$ echo one", "one", "$ echo two", "zwei"))
    with pytest.raises(TranscriptError) as failure:
        play(path, tmp_path / "machine")
    assert str(failure.value).startswith(f"{path}:6: $ echo two\n")
    assert "-zwei\n+two" in str(failure.value)


def test_comments_prepare_the_machine(tmp_path: Path) -> None:
    """Every comment does what the engine's description says."""
    text = (
        "<!-- folder: /home/me/shop -->\n"
        "<!-- setup: publish 1.0.0 -->\n"
        + block("$ git ls-remote /srv/git/agents.git | cut -f2", "HEAD", "refs/heads/main", "refs/tags/v1.0.0")
        + "<!-- file: sub/a.yaml -->\n\n```yaml\nurl: /srv/git/agents.git\n```\n"
        + "<!-- setup: sh echo hidden > note -->\n"
        + block("$ cat sub/a.yaml note; pwd", "url: /srv/git/agents.git", "hidden", "/home/me/shop")
        + "<!-- setup: fresh -->\n"
        + block("$ ls; ls /srv/git", "agents.git")
        + "<!-- no-run -->\n"
        + block("$ false")
    )
    with pytest.raises(TranscriptError, match="false"):  # the words that `block` begins with end the comment
        play(page(tmp_path, text), tmp_path / "machine")
    play(page(tmp_path, text.replace("<!-- no-run -->\nSome words.", "<!-- no-run -->")), tmp_path / "machine2")


@pytest.mark.parametrize("comment", ["setup: fly", "setup: sh exit 4"])
def test_a_setup_that_fails_is_an_error(tmp_path: Path, comment: str) -> None:
    """An unknown set-up, or one that does not succeed, is not passed over."""
    with pytest.raises(TranscriptError, match=r"page\.md:1"):
        play(page(tmp_path, f"<!-- {comment} -->\n"), tmp_path / "machine")


def test_update_writes_what_is_printed_and_nothing_else(tmp_path: Path) -> None:
    """Only what differs is replaced, with the block's own indentation."""
    shown = ("$ echo one; exit 2", "$ printf 'a\\nb\\n'", "...", "b", "", "$ pwd", "x")
    before = "1. A list\n\n" + "".join(f"   {line}".rstrip() + "\n" for line in ("```console", *shown, "```")) + "\nEnd"
    path = page(tmp_path, before)
    play(path, tmp_path / "machine", update=True)
    after = before.replace("exit 2\n", "exit 2\n   one\n   [exit 2]\n").replace("   x\n", "   /tmp/demo\n")
    assert path.read_text(encoding="utf-8") == after
    play(path, tmp_path / "machine2")


def test_only_console_blocks_are_run(tmp_path: Path) -> None:
    """Blocks of other languages and those marked so are left alone."""
    text = "```sh title=x\n$ false\n```\n\n<!-- no-run -->\n```console\n$ false\n```\n"
    assert parse(text) == []
    assert not is_runnable(page(tmp_path, text))
    assert parse("```console\n$ a\nb\n```") == [Command("a", ("b",), 2, 3)]


def test_a_block_that_is_not_closed_is_an_error() -> None:
    """A page that would swallow its own end is refused."""
    with pytest.raises(TranscriptError, match="never closed"):
        parse("```console\n$ a\n")


def test_matching_does_not_take_for_ever() -> None:
    """Many `...` in a row do not multiply."""
    assert not matches([*("... a " * 12).split(), "b"], ["a"] * 200)
