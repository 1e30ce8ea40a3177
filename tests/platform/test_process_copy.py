"""A copy of a process does a part of its work; what it cannot do is done here."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# In a process of its own: where tests run in parallel, a test has threads beside it.
STORY = """
import os, signal, time
from agentsync.platform.process_copy import Turns, copied, processors

mine = os.getpid()

def fails():
    raise ValueError

def is_killed():
    os.kill(os.getpid(), signal.SIGKILL)

for work, found in ((lambda: b"x" * 100_000, b"x" * 100_000), (lambda: b"", b""), (fails, None), (is_killed, None)):
    with copied(work) as copy:
        assert copy.found() == found, work
started = time.monotonic()
with copied(lambda: time.sleep(60) or b""):
    pass
assert time.monotonic() - started < 30
turns = Turns(1000)
with copied(lambda: b",".join(b"%d" % number for number in turns)) as copy:
    own = list(turns)
    others = [int(number) for number in copy.found().split(b",") if number]
assert sorted(own + others) == list(range(1000))
turns.close()
assert os.getpid() == mine
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
assert processors() == 1 and copied(lambda: b"") is None
print("done")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux copies processes")
@pytest.mark.skipif(os.cpu_count() == 1, reason="there is one processor")
def test_copies() -> None:
    """What one returns comes back; one that fails or is killed says so; one that is not needed is ended."""
    done = subprocess.run([sys.executable, "-c", STORY], capture_output=True, text=True, check=False)
    assert done.stdout == "done\n", done.stderr
