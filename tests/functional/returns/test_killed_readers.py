"""A reader may be killed at any moment: nothing is lost, and nothing counts twice."""

import asyncio
import multiprocessing
import random
from pathlib import Path

from tests.functional.builders import address, hash_of
from tests.functional.returned_mail import a_bounce, an_answer, an_opt_out, deliver_to
from tests.functional.returns.conftest import Returns
from tests.functional.returns.reader_process import Job, read

READERS = 200
KILLS = 8


async def test_eight_kills_lose_and_double_no_return(back: Returns, database_url: str) -> None:
    """Bounces, opt-outs and mail for a person, in the middle of reading, recording, moving."""
    issue = await back.an_issue(letters=READERS)
    bounces = [a_bounce(back.path(issue, n), number=n) for n in range(1, 101)]
    opt_outs = [an_opt_out(back.leave(issue, n), number=n) for n in range(101, 181)]
    answers = [an_answer("x@y.example", number=n) for n in range(181, 201)]
    mail = bounces + opt_outs + answers
    chance = random.Random(7)
    chance.shuffle(mail)
    deliver_to(back.maildir, *mail)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([read.__module__])
    job = Job(database_url=database_url, maildir=back.maildir, kept=back.kept.folder)
    handled = back.maildir / ".Handled" / "cur"
    moments = sorted(chance.sample(range(READERS), KILLS))
    for moment in moments:
        process = context.Process(target=read, args=(job,))
        process.start()
        while _count(handled) < moment and process.is_alive():  # noqa: ASYNC110 - no events
            await asyncio.sleep(0.001)
        await asyncio.sleep(chance.random() * 0.03)
        process.kill()
        await asyncio.to_thread(process.join)
        process.close()
    last = context.Process(target=read, args=(job,))
    last.start()
    await asyncio.to_thread(last.join, 60)
    assert last.exitcode == 0
    assert await back.recorded() == {
        ("hard", "suppressed"): 100,
        ("unsubscribe", "suppressed"): 80,
        ("unreadable", "none"): 20,
    }
    suppressed = await back.suppressed()
    assert set(suppressed) == {hash_of(address(n)) for n in range(1, 181)}
    assert len(back.kept.messages()) == 20
    assert _count(handled) == READERS
    assert list((back.maildir / "new").iterdir()) == []


def _count(folder: Path) -> int:
    return len(list(folder.iterdir())) if folder.is_dir() else 0
