"""One sending of ours, measured from outside its code: `python -m benchmarks.sender ISSUE`.

It sends the issue of the newsroom in its environment as the flow does, and prints what that took.
Like a sending process of the product it loads nothing else.
"""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId
from flows.runtime.dispatch import open_dispatch
from flows.runtime.senders import send_for
from flows.settings.reading import find_workspace, read_settings
from flows.store.sums import add_up

FOREVER_SECONDS = 3600.0


def cpu_seconds() -> float:
    """What this process and its ended children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak_mb() -> float:
    """The most memory that this process, or one of its children, has had.

    What `getrusage` says of a process itself begins with what its parent had when it forked.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    here = int(status.partition("VmHWM:")[2].split()[0])
    return max(here, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


async def send(issue: IssueId) -> dict[str, float]:
    """Send everything and look whether all of it was accepted."""
    async with open_dispatch(read_settings(find_workspace(None))) as dispatch:
        start, used = time.perf_counter(), cpu_seconds()
        letters = await send_for(dispatch, issue, seconds=FOREVER_SECONDS, stopping=lambda: False)
        took, used = time.perf_counter() - start, cpu_seconds() - used
        async with dispatch.store.reading() as tx:
            total = (await add_up(tx, issue, now=dispatch.clock())).counts.total
    accepted = total[DeliveryState.ACCEPTED]
    assert accepted == letters == sum(total.values()), dict(total)
    return {"letters": letters, "seconds": took, "cpu_seconds": used, "peak_mb": peak_mb()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(send(IssueId(sys.argv[1])))))
