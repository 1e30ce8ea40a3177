"""The reference page of the rules, made from their table.

`AGENTSYNC_UPDATE_PAGES=1 pytest tests/checking/test_pages.py` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agentsync.checking.rules import CHECKS, GROUPS, Check

HEAD: Final = """# Checks

<!-- Made from the table of rules: AGENTSYNC_UPDATE_PAGES=1 pytest tests/checking/test_pages.py -->

[`pack check`](commands.md#pack-check) and [`registry check`](commands.md#registry-check) look at a pack or a registry
by these rules. The level says what a reader loses: an **error** that it is not installed, or that an AI tool does not
read it; a **warning** that it is not what was meant; a **note** costs nothing.

## Levels

`registry.yaml` gives a rule another level for all packs, a `pack.yaml` for its own, `--rule ID=LEVEL` for one run;
the last of these counts first. `agentskills` as identifier means every rule that is marked so: they are of the
[agentskills specification](https://agentskills.io/specification), and no tool enforces them. An error of the group
*trust* stays one, because `install` refuses what it is about.

```yaml
checks:
  agentskills: error
  pack-undescribed: "off"
checks-except:
  text-ends: ["vendored/*"]
```

`checks-except` silences a rule in files, by globs from the folder of the file that says so. A glob that silences
nothing is a note.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_groups()])


def _groups() -> Iterator[str]:
    for group, title in GROUPS.items():
        yield f"## {title}\n"
        for check in CHECKS.values():
            if check.group == group:
                yield _section(check)


def _section(check: Check) -> str:
    levels = [str(check.level), *(f"{level} where {case}" for case, level in check.others.items())]
    marks = [f"group {check.group}", *(["agentskills"] if check.is_agentskills else [])]
    fix = f" Told with it: {check.fix}." if check.fix else ""
    return f"### {check.id}\n\n*{'; '.join(levels)}* ({', '.join(marks)}). {_sentence(check.finds)}{fix}\n"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
