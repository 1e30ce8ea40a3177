"""Agents in other tools: which fields they get, which bytes, what is told, and what is refused."""

from __future__ import annotations

import tomllib

import pytest

from tests.rendering.agents import BODY, RENDERING, agent, header_of, rendered, told

MARKDOWN = [name for name in RENDERING if name not in ("codex", "kiro-cli")]


@pytest.mark.parametrize("target", RENDERING)
def test_a_plain_agent_gets_no_limits(target: str) -> None:
    """Nothing is written that would win over the user's own settings, and nothing is told."""
    found = rendered(target, agent(""))
    plain = {"name", "description", "developer_instructions", "prompt", "mode"}
    assert header_of(found).keys() <= plain
    assert header_of(found)["description"] == "Reviews code."
    assert (found.lost, found.residue) == ((), ())


@pytest.mark.parametrize("target", MARKDOWN)
@pytest.mark.parametrize("body", [BODY, "\r\nTwo lines\r\nwith CRLF, and no end", "\n---\nRules and dashes\n---\n"])
def test_the_body_stays(target: str, body: str) -> None:
    """Line ends, dashes and a missing line end are the author's."""
    data = rendered(target, agent("", body)).data
    assert data is not None
    assert data.endswith(b"\n---\n" + body.encode())


def test_the_body_in_toml() -> None:
    """A reader of TOML has the text of the source."""
    body = '\nA "quote", a \\ and """three""".\r\n\tEnd"'
    assert header_of(rendered("codex", agent("", body)))["developer_instructions"] == body


@pytest.mark.parametrize("target", MARKDOWN)
def test_marks_and_line_ends_of_the_source(target: str) -> None:
    """A byte order mark is left out, the header gets LF, the body keeps its CRLF."""
    source = b"\xef\xbb\xbf" + agent("tools: Read", BODY).replace("\n", "\r\n").encode()
    data = rendered(target, source).data
    assert data is not None
    head, _, body = data.partition(b"\n---\n")
    assert b"\r" not in head
    assert b"\xef\xbb\xbf" not in data
    assert body == BODY.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("target", RENDERING)
def test_a_header_that_is_no_yaml_is_read_tolerantly(target: str) -> None:
    """A colon in a description is text, and is written so that strict readers take it for text."""
    text = agent("").replace("Reviews code.", "Use when: \"x\" 'y' \u2028 #1")
    assert header_of(rendered(target, text))["description"] == "Use when: \"x\" 'y' \u2028 #1"


@pytest.mark.parametrize("target", RENDERING)
def test_a_header_that_cannot_be_read(target: str) -> None:
    """It may hold limits, so the agent is not made."""
    for text in ("---\nname: a\x00b\ndescription: c\n---\n" + BODY, "---\nA text, and no key.\n---\n" + BODY):
        found = rendered(target, text)
        assert found.data is None
        assert [loss.code for loss in found.lost] == ["refused"]


@pytest.mark.parametrize("target", RENDERING)
@pytest.mark.parametrize("event", ["PreToolUse", "PermissionRequest"])
def test_a_guard(target: str, event: str) -> None:
    """An agent that a hook may hold back is made nowhere else; another hook is only not written."""
    hooks = "tools: Bash\nhooks:\n  {}:\n    - hooks: [{{type: command, command: ./check.sh}}]"
    assert told(target, hooks.format(event)) == [("refused", "hooks")]
    assert ("dropped", "hooks") in told(target, hooks.format("Stop"))


def test_keys_without_a_meaning_there() -> None:
    """Each is told by its name; a number of turns is carried over where there is a key for it."""
    keys = "model: opus\ncolor: red\nmaxTurns: 12\nskills: [a]\nmcpServers:\n  x: {command: y}\nmine: 1"
    names = ["model", "color", "maxTurns", "skills", "mcpServers", "mine"]
    assert told("copilot", keys) == [("dropped", name) for name in names]
    assert told("gemini", keys) == [("dropped", name) for name in names if name != "maxTurns"]
    assert header_of(rendered("gemini", agent(keys)))["max_turns"] == 12
    assert told("gemini", "maxTurns: many") == [("dropped", "maxTurns")]


def test_a_model_that_is_declared_for_a_tool() -> None:
    """The manifest may set it for one tool; the model in the source means something else there."""
    found = rendered("codex", agent("model: opus"), model="gpt-6", color="red")
    assert header_of(found)["model"] == "gpt-6"
    assert [(loss.code, loss.about) for loss in found.lost] == [("dropped", "color")]


@pytest.mark.parametrize(
    ("name", "gemini", "qwen"),
    [
        ("auditor_2", "auditor_2", "auditor_2"),
        ("Code Auditor", "code-auditor", "code-auditor"),
        ("Auditor", "auditor", "Auditor"),
        ("Prüfer (alt)", "pr-fer-alt", "pr-fer-alt"),
        ("审查", None, None),
        ("model", "model", None),
        ("-x-", "-x-", None),
        ("a" * 51, "a" * 51, None),
    ],
)
def test_names(name: str, gemini: str | None, qwen: str | None) -> None:
    """A name that a tool does not take is written in its letters, and told; where nothing is left it is refused."""
    for target, wanted in (("gemini", gemini), ("qwen", qwen), ("cursor", name), ("codex", name)):
        found = rendered(target, agent("").replace("name: auditor", f'name: "{name}"'))
        if wanted is None:
            assert [loss.code for loss in found.lost] == ["refused"], target
        else:
            assert header_of(found)["name"] == wanted
            lost = [] if wanted == name else [("renamed", f"{name} is {wanted}")]
            assert [(loss.code, loss.about) for loss in found.lost] == lost


def test_without_a_name() -> None:
    """The name of the file is the agent's."""
    text = f"---\ndescription: d\n---\n{BODY}"
    for target in RENDERING:
        assert header_of(rendered(target, text, "agents/deep/code-auditor.md"))["name"] == "code-auditor"


def test_a_file_that_is_not_looked_at() -> None:
    """Gemini CLI takes a file with such a name for a part of another one."""
    assert {name for name in RENDERING if rendered(name, agent(""), "agents/_part.md").data is None} == {"gemini"}


@pytest.mark.parametrize("text", [f"---\nname: auditor\ndescription: ' '\n---\n{BODY}", BODY, f"---\n---\n{BODY}"])
def test_without_a_description(text: str) -> None:
    """It is refused where the tool does not load it, and made where it does."""
    for target in ("copilot", "codex", "gemini", "qwen"):
        assert rendered(target, text).data is None
    for target in ("cursor", "opencode"):
        found = rendered(target, text)
        assert header_of(found).keys() <= {"name", "mode"}
        assert found.data is not None
        assert found.data.endswith(BODY.encode())


def test_a_body_that_is_too_short() -> None:
    """Each tool has its own least."""
    for body, refusing in (("", {"codex", "qwen"}), (" \n", {"codex", "qwen"}), ("Be short.", {"qwen"}), (BODY, set())):
        made = {name: rendered(name, agent("", body)).data for name in RENDERING}
        assert {name for name, data in made.items() if data is None} & {"codex", "qwen"} == refusing


def test_a_body_that_is_not_utf_8() -> None:
    """TOML cannot hold it; elsewhere its bytes stay."""
    text = agent("").encode().replace(b"report", b"\xe9\xff")
    assert rendered("codex", text).data is None
    assert b"\xe9\xff" in (rendered("cursor", text).data or b"")


def test_codex_is_toml() -> None:
    """One document, its keys in order, the text last and line by line."""
    data = rendered("codex", agent("tools: Read\nmodel: opus")).data
    assert data == (
        b'name = "auditor"\ndescription = "Reviews code."\nsandbox_mode = "read-only"\nweb_search = "disabled"\n'
        b'developer_instructions = """\n\nReview the code, and report what you find.\n"""\n'
    )
    assert tomllib.loads(data.decode())["name"] == "auditor"


def test_a_body_that_a_tool_would_take_for_something_else() -> None:
    """A prompt that begins like an address is read from that file there."""
    assert rendered("kiro-cli", agent("", "\nfile:///etc/hosts")).data is None
    assert header_of(rendered("kiro-cli", agent("")))["prompt"] == BODY
    text = agent("", f"{BODY}Write `${{name}}`.\n")
    assert {name for name in RENDERING if rendered(name, text).data is None} == {"gemini", "qwen"}
    assert [loss.about for loss in rendered("qwen", text).lost] == ["body"]


def test_a_field_that_is_no_text() -> None:
    """It is nothing to the tool, and told as a key that it does not get."""
    listed = agent("").replace("Reviews code.", "[a, b]")
    assert [(one.code, one.about) for one in rendered("cursor", listed).lost] == [("dropped", "description")]
    assert rendered("cursor", agent("").replace("Reviews code.", "")).lost == ()


def test_names_keep_what_a_tool_takes() -> None:
    """Only what is none there is replaced; what a name cannot begin with goes where it does not fit as it is."""
    source = agent("").replace("name: auditor", "name: _My Auditor!")
    assert header_of(rendered("gemini", source))["name"] == "_my-auditor"
    assert header_of(rendered("qwen", source))["name"] == "my-auditor"
