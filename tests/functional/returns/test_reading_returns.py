"""From a Maildir to the ledger: each message once, and what it changes."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import update

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueState
from flows.domain.returned import ReturnKind
from flows.mail.kept import KeptMail
from flows.mail.maildir import MaildirBox
from flows.operations.reporting import list_deliveries, report_issue
from flows.operations.settling import finish_issue
from flows.store.issues import get_issue
from flows.store.tables import deliveries, events
from tests.functional.builders import NOW, address, hash_of, tally
from tests.functional.returned_mail import (
    a_bounce,
    a_complaint,
    an_answer,
    an_auto_reply,
    an_opt_out,
    deliver_to,
)
from tests.functional.returns.conftest import Returns

K = ReturnKind


async def test_a_hard_bounce_ends_the_letters_to_an_address(back: Returns) -> None:
    """At once; the letter itself stays accepted, so that the reconciliation adds up."""
    issue = await back.an_issue()
    deliver_to(back.maildir, a_bounce(back.path(issue, 2)))
    harvest = await back.read()
    assert harvest.counts == {K.HARD: 1}
    assert await back.suppressed() == {hash_of(address(2)): "bounced"}
    assert await tally(back.store, issue) == {DeliveryState.ACCEPTED: 3}
    again = await back.an_issue(slug="other")
    assert await tally(back.store, again) == {
        DeliveryState.ACCEPTED: 2,
        DeliveryState.SUPPRESSED: 1,
    }


async def test_a_complaint_and_an_opt_out_by_mail_end_them_too(back: Returns) -> None:
    """An opt-out is recorded as that of the web page is."""
    issue = await back.an_issue()
    complaint = a_complaint(f"Return-Path: <{back.path(issue, 1)}>\n")
    deliver_to(back.maildir, complaint, an_opt_out(back.leave(issue, 3)))
    assert (await back.read()).counts == {K.COMPLAINT: 1, K.UNSUBSCRIBE: 1}
    assert await back.suppressed() == {
        hash_of(address(1)): "complained",
        hash_of(address(3)): "unsubscribed",
    }
    async with back.store.reading() as tx:
        rows = (await tx.execute(events.select().where(events.c.actor == "reader"))).all()
    assert {(row.action, row.subject) for row in rows} == {
        ("contact.complained", issue.id),
        ("contact.unsubscribed", issue.id),
    }


async def test_what_says_nothing_final_changes_nothing(back: Returns) -> None:
    """Soft once, ours, late, automatic: each is counted and nobody is suppressed."""
    issue = await back.an_issue()
    path = back.path(issue, 1)
    deliver_to(
        back.maildir,
        a_bounce(path, status="5.2.2", diagnostic="smtp; 552 5.2.2 full", number=1),
        a_bounce(path, status="5.7.1", diagnostic="smtp; 550 5.7.1 spam", number=2),
        a_bounce(path, status="4.4.1", action="delayed", number=3),
        an_auto_reply(path, number=4),
    )
    counts = (await back.read()).counts
    assert counts == {K.SOFT: 1, K.POLICY: 1, K.NOTICE: 1, K.AUTO_REPLY: 1}
    assert await back.suppressed() == {}


async def test_a_forged_report_changes_nothing(back: Returns) -> None:
    """A stranger's key, another letter's number, a Message-ID of ours, a letter that is none."""
    issue = await back.an_issue()
    claim = back.letters[issue.id][0]
    local, _, domain = back.path(issue, 1).partition("@")
    deliver_to(
        back.maildir,
        a_bounce(back.path(issue, 1, key=b"a stranger's"), number=1),
        a_bounce(f"{local.replace(f'b+{claim.id}-', f'b+{claim.id + 1}-')}@{domain}", number=2),
        a_bounce("bounces@x.example", message_id=claim.message_id.strip("<>"), number=3),
        a_bounce(back.path(issue, 1), number=4).replace(b"b+", b"unsub+"),
    )
    assert (await back.read()).counts == {K.FORGED: 3, K.UNREADABLE: 1}
    assert await back.suppressed() == {}


async def test_a_signature_for_a_letter_of_another_ledger_changes_nothing(back: Returns) -> None:
    """The key outlives a database; whoever wants to leave is shown to a person."""
    issue = await back.an_issue()
    path, leave = back.path(issue, 1), back.leave(issue, 1)
    async with back.store.writing() as tx:
        await tx.execute(update(deliveries).values(contact=deliveries.c.contact + 1000))
    deliver_to(back.maildir, a_bounce(path), an_opt_out(leave))
    assert (await back.read()).counts == {K.FORGED: 1, K.UNREADABLE: 1}
    assert await back.suppressed() == {}
    assert [one.subject for one in back.kept.messages()] == ["unsubscribe"]


async def test_a_replayed_report_counts_once(back: Returns) -> None:
    """The same bytes are the same message; other bytes about the same letter add no letter."""
    issue = await back.an_issue()
    bounce = a_bounce(back.path(issue, 1))
    deliver_to(back.maildir, bounce, bounce)
    assert (await back.read()).counts == {K.HARD: 1}
    deliver_to(back.maildir, bounce, a_bounce(back.path(issue, 1), number=2))
    assert (await back.read()).counts == {K.HARD: 1}
    assert (await report_issue(back.store, issue.id, now=NOW)).bounced == 1


async def test_what_was_read_is_put_away(back: Returns) -> None:
    """Into a folder of the Maildir as seen; the next reading finds nothing."""
    issue = await back.an_issue()
    deliver_to(back.maildir, a_bounce(back.path(issue, 1)), an_answer("x@y.example"))
    (back.maildir / "new" / "000001.M1P1.mx").rename(back.maildir / "cur" / "000001.M1P1.mx:2,FS")
    assert sum((await back.read()).counts.values()) == 2
    assert list((back.maildir / "new").iterdir()) == []
    handled = sorted(path.name for path in (back.maildir / ".Handled" / "cur").iterdir())
    assert handled == ["000000.M1P1.mx:2,S", "000001.M1P1.mx:2,S"]
    assert (await back.read()).counts == {}


async def test_what_was_read_can_be_deleted(back: Returns) -> None:
    """Where the settings say so."""
    issue = await back.an_issue()
    deliver_to(back.maildir, a_bounce(back.path(issue, 1)))
    await back.read(MaildirBox(folder=back.maildir, name="maildir", delete=True))
    assert [path for path in back.maildir.glob("**/*") if path.is_file()] == []


async def test_two_readers_at_once_record_each_message_once(back: Returns) -> None:
    """The command and the newsroom may read at the same moment."""
    issue = await back.an_issue(letters=40)
    deliver_to(back.maildir, *(a_bounce(back.path(issue, n), status="5.2.2") for n in range(1, 41)))
    harvests = await asyncio.gather(*(back.read() for _ in range(3)))
    assert sum(harvest.counts.total() for harvest in harvests) == 40
    assert (await back.recorded()).total() == 40


async def test_mail_for_a_person_is_kept_until_it_is_removed(back: Returns) -> None:
    """With what a person decides by; the same message again is not kept twice."""
    answer = an_answer("newsletter@efus.example.org")
    deliver_to(back.maildir, answer, answer)
    assert (await back.read()).counts == {K.UNREADABLE: 1}
    (kept,) = back.kept.messages()
    assert (kept.sender, kept.subject) == ("Camille <reader@city.example.org>", "Votre été")
    assert kept.path.read_bytes() == answer
    kept.path.unlink()
    assert back.kept.messages() == []


async def test_a_flood_of_mail_for_a_person_does_not_fill_the_disk(back: Returns) -> None:
    """It is counted all the same."""
    back.kept = KeptMail(back.kept.folder, at_most=3)
    deliver_to(back.maildir, *(an_answer("x@y.example", number=n) for n in range(5)))
    assert (await back.read()).counts == {K.UNREADABLE: 5}
    assert len(back.kept.messages()) == 3


async def test_a_box_that_cannot_be_read_keeps_no_other_back(back: Returns) -> None:
    """What was read counts; the trouble is named."""
    issue = await back.an_issue()
    deliver_to(back.maildir, a_bounce(back.path(issue, 1)))
    missing = MaildirBox(folder=back.maildir / "nowhere", name="bounces.maildir")
    harvest = await back.read(missing, MaildirBox(folder=back.maildir, name="maildir"))
    assert harvest.counts == {K.HARD: 1}
    assert "is no Maildir" in harvest.troubles[0]


async def test_a_box_that_may_not_be_looked_into_is_its_own_trouble(back: Returns) -> None:
    """Not even whether it is there can be told: no error of the system gets out of it."""
    barred = MaildirBox(folder=back.maildir.parent / ("x" * 300), name="bounces.maildir")
    harvest = await back.read(barred)
    (trouble,) = harvest.troubles
    assert "bounces.maildir: " in trouble


def test_a_message_that_vanishes_is_nobody_s_loss(tmp_path: Path) -> None:
    """A person with a mail program may be quicker."""
    deliver_to(tmp_path, b"one", b"two")
    opened = MaildirBox(folder=tmp_path, name="maildir").open()
    (tmp_path / "new" / "000000.M1P1.mx").unlink()
    (arrival,) = opened.take(10)
    Path(arrival.name).unlink()
    opened.put_away([arrival])
    opened.close()


async def test_a_return_answers_a_doubt(back: Returns) -> None:
    """What came back was accepted, whatever became of the relay's answer."""
    issue = await back.an_issue()
    claim = back.letters[issue.id][0]
    async with back.store.writing() as tx:
        await tx.execute(
            update(deliveries)
            .where(deliveries.c.id == claim.id)
            .values(state=DeliveryState.UNKNOWN)
        )
    deliver_to(back.maildir, an_auto_reply(back.path(issue, 1)))
    await back.read()
    assert await tally(back.store, issue) == {DeliveryState.ACCEPTED: 3}


@pytest.mark.parametrize("others", [DeliveryState.ACCEPTED, DeliveryState.DEFERRED])
async def test_a_return_that_settles_the_last_doubt_adds_the_issue_up(
    back: Returns, others: DeliveryState
) -> None:
    """It is sent then, unless something else is left of it; that is said instead of the doubt."""
    issue = await back.an_issue()
    first, *rest = (claim.id for claim in back.letters[issue.id])
    async with back.store.writing() as tx:
        for ids, state in (([first], DeliveryState.UNKNOWN), (rest, others)):
            await tx.execute(
                update(deliveries)
                .where(deliveries.c.id.in_(ids))
                .values(state=state, settled_at=NOW)
            )
    await finish_issue(back.store, issue.id, now=NOW)
    deliver_to(back.maildir, an_auto_reply(back.path(issue, 1)))
    await back.read()
    async with back.store.reading() as tx:
        found = await get_issue(tx, issue.id)
    if others is DeliveryState.ACCEPTED:
        assert (found.state, found.reason) == (IssueState.SENT, "")
    else:
        assert (found.state, found.reason) == (IssueState.INCOMPLETE, "2 deferred")


async def test_a_return_leaves_an_issue_alone_that_is_being_sent(back: Returns) -> None:
    """Its sender adds it up; until then it is not called incomplete."""
    issue = await back.an_issue()
    first, second, _ = (claim.id for claim in back.letters[issue.id])
    async with back.store.writing() as tx:
        for one, state in ((first, DeliveryState.UNKNOWN), (second, DeliveryState.CLAIMED)):
            await tx.execute(update(deliveries).where(deliveries.c.id == one).values(state=state))
    deliver_to(back.maildir, an_auto_reply(back.path(issue, 1)))
    await back.read()
    async with back.store.reading() as tx:
        assert (await get_issue(tx, issue.id)).state is IssueState.SENDING


async def test_the_report_counts_what_came_back_beside_the_states(back: Returns) -> None:
    """By letter, not by message; whom it concerns can be asked for."""
    issue = await back.an_issue(letters=4)
    path = back.path(issue, 1)
    deliver_to(
        back.maildir,
        a_bounce(path, status="5.2.2", diagnostic="smtp; 552 5.2.2 mailbox full", number=1),
        a_bounce(path, number=2),
        a_bounce(back.path(issue, 2), status="5.7.1", diagnostic="smtp; 550 5.7.1 spam"),
        a_complaint(f"Return-Path: <{back.path(issue, 3)}>\n"),
    )
    await back.read()
    found = (await report_issue(back.store, issue.id, now=NOW)).as_json()
    assert (found["bounced"], found["complained"]) == (2, 1)
    assert found["deliveries"]["accepted"] == found["audience"] == 4
    bounced = await list_deliveries(back.store, issue.id, ["bounced"])
    assert [(one.address, one.state) for one in bounced] == [
        (address(1), "bounced"),
        (address(2), "bounced"),
    ]
    assert bounced[0].reply.startswith("5.1.1 550 5.1.1")
    both = await list_deliveries(back.store, issue.id, ["complained", "accepted"])
    assert [one.state for one in both] == ["accepted"] * 4 + ["complained"]
    with pytest.raises(ValueError, match="lost"):
        await list_deliveries(back.store, issue.id, ["lost"])
