"""Registries to make catalogues of: a friendly one, a hostile one, and one with many packs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.git_registry import GitRegistry

LISTS: Final = """\
registry: 1
name: acme
description: What our teams share
packs:
  review:
    path: packs/review
    description: A reviewer
    keywords: [quality]
    yanked: { 1.0.0: it deleted files }
  docs: { path: packs/docs, description: Writes pages, deprecated: use review }
  far: { git: https://git.example/far.git, description: Elsewhere }
"""


def agent(name: str, text: str = "Look at the change.", tools: str = "Read") -> str:
    """Return the file of an agent."""
    return f"---\nname: {name}\ndescription: {name} for all\ntools: {tools}\n---\n\n{text}\n"


def friendly(path: Path) -> GitRegistry:
    """Return a registry with a pack of two releases, one without any, and one that lies elsewhere."""
    registry = GitRegistry(path)
    files = {
        "registry.yaml": LISTS,
        "packs/review/agents/reviewer.md": agent("reviewer"),
        "packs/review/pack.yaml": "requires: { docs: '*' }\n",
        "packs/docs/commands/page.md": "---\ndescription: Write a page\n---\n\nWrite.\n",
    }
    registry.publish("review/v1.0.0", files)
    files["packs/review/agents/reviewer.md"] = agent("reviewer", tools="Read, Bash")
    files["packs/review/CHANGELOG.md"] = "# Changelog\n\n## [1.1.0] - 2025-01-02\n\n- It *runs* the tests.\n"
    registry.publish("review/v1.1.0", files)
    return registry


EVIL: Final = """\
---
name: evil
description: "<img src=x onerror=alert(1)><script>document.title='pwned'</script>"
tools: Bash
"<b onclick=alert(1)>key": "<svg/onload=alert(1)>"
---

# Hi <script>document.title='pwned'</script>
[js](javascript:document.title='pwned') [host](//evil.example/x) [data](data:text/html,<script>alert(1)</script>)
![picture](https://evil.example/x.png) <img src="https://evil.example/y.png" onerror="document.title='pwned'">
<iframe src="https://evil.example"></iframe> <style>body { display: none }</style>
\u202etxet neddih\u202c &#x202e;more zero\u200bwidth
[fine](https://good.example/x) [def]

[def]: //evil.example/definition
"""
ODD_NAMES: Final = ("Docs", "docs", "пакет", "..x", "con", "a'b\"c", "%2e%2e", "x\\y", "emoji😀", "ＦＵＬＬ")


def hostile(path: Path) -> GitRegistry:
    """Return a registry that tries what it can: names, markup, sizes, files that are broken or missing."""
    script = "<script>document.title='pwned'</script>"
    lines = [
        "registry: 1",
        "name: hostile",
        f'description: "</title>{script}"',
        "packs:",
        f'  evil: {{ path: evil, description: "{script}", keywords: ["<b>", "a\\"b", "</option></select>"] }}',
        "  broken: { path: broken }",
        "  huge: { path: huge }",
        "  gone: { path: nowhere }",
    ]
    files = {
        "evil/agents/evil.md": EVIL,
        "broken/agents/b.md": "---\nname: [\n: :\n---\nx\n",
        "broken/agents/c.md": "no header\n",
        "broken/hooks/hooks.json": '{"hooks": ',
        "huge/agents/huge.md": agent("huge", "word [x](https://a.example) " * 60_000),
        "huge/skills/deep/SKILL.md": agent("deep", "".join("> " * depth + "x\n" for depth in range(200))),
    }
    for number, name in enumerate(ODD_NAMES):
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'  "{quoted}": {{ path: odd{number}, description: odd }}')
        files[f"odd{number}/agents/a.md"] = agent("a")
    registry = GitRegistry(path)
    registry.publish("v1.0.0", {**files, "registry.yaml": "\n".join(lines) + "\n"})
    return registry


def many(path: Path, packs: int, releases: int) -> Path:
    """Make a bare registry with so many packs, each with so many tags, in one stream."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(path)], check=True)
    stream = b"".join(_stream(packs, releases))
    subprocess.run(["git", f"--git-dir={path}", "fast-import", "--quiet"], input=stream, check=True)
    return path


_TOPICS: Final = "python review release docker kubernetes security testing writing database frontend".split()


def _stream(packs: int, releases: int) -> Iterator[bytes]:
    names = [f"{_TOPICS[number % len(_TOPICS)]}-{number:05}" for number in range(packs)]
    lines = ["registry: 1", "name: many", "packs:"]
    for number, name in enumerate(names):
        topic = _TOPICS[number % len(_TOPICS)]
        about = f"Number {number}: helps a team with {topic} and {_TOPICS[number // 7 % len(_TOPICS)]}"
        lines.append(f"  {name}: {{ path: packs/{name}, description: '{about}', keywords: [{topic}] }}")
    for release in range(releases):
        yield b"commit refs/heads/main\nmark :%d\n" % (release + 1)
        yield b"committer A <a@example.org> %d +0000\n" % (1_735_725_600 + release * 86_400)
        yield b"data 8\nrelease\n"
        if not release:
            yield _file("registry.yaml", "\n".join(lines) + "\n")
        for name in names:
            text = f"You know all about {name}. This is edition {release}.\n\n- Look first.\n- Then change.\n"
            yield _file(f"packs/{name}/agents/{name}-agent.md", agent(f"{name}-agent", text, "Read, Bash"))
            if not release:
                yield _file(f"packs/{name}/skills/{name}-skill/SKILL.md", agent(f"{name}-skill", text))
    for release in range(releases):
        for name in names:
            yield f"reset refs/tags/{name}/v1.{release}.0\nfrom :{release + 1}\n".encode()


def _file(path: str, text: str) -> bytes:
    data = text.encode()
    return b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)
