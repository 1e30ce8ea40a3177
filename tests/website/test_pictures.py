"""What the site makes of a transcript and of the benchmark page."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from website.benchmarks import on_page_content
from website.session import picture

PAGE: Any = SimpleNamespace(file=SimpleNamespace(src_uri="reference/benchmarks.md"))
NOTHING: Any = None


def test_a_session_comes_line_by_line() -> None:
    """Each line is there as text, later than the one before; nothing in it is markup."""
    found = picture(["$ agentsync drift", "edited  <a> & b", "[exit 1]"])
    delays = [float(one) for one in re.findall(r"animation-delay: ([0-9.]+)s", found)]
    assert len(delays) == 3 and delays == sorted(set(delays))
    assert "edited  &lt;a&gt; &amp; b" in found and "prefers-reduced-motion" in found


def test_goals_come_first_and_ratios_are_bars() -> None:
    """A reason is folded away; other tables stay as they are."""
    head = "".join(f"<th>{name}</th>" for name in ("question", "ours", "ratio", "goal", "met"))
    row = "<td>q</td><td>5 ms</td><td>1.50 x</td><td>1 x</td><td>no: because</td>"
    table = f"<table><thead><tr>{head}</tr></thead><tbody><tr>{row}</tr></tbody></table>"
    other = "<table><tr><th>a</th></tr></table>"
    html = on_page_content(f"{table}{other}", PAGE, NOTHING, NOTHING)
    assert re.findall(r"<th>(\w+)</th>", html) == ["question", "goal", "met", "ratio", "ours", "a"]
    assert '1.50 x<span class="bar over"><span style="width: 75%">' in html
    assert "<details><summary>no</summary>because</details>" in html and other in html
