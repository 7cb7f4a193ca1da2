"""Reading what came back, by the settings."""

from pathlib import Path

from flows.domain.errors import NewsletterError
from flows.domain.issue import IssueId
from flows.mail.boxes import Box
from flows.mail.imap import ImapBox
from flows.mail.kept import KeptMail
from flows.mail.maildir import MaildirBox
from flows.mail.returned import ReturnReader
from flows.operations.hygiene import judge_returns, note_refusals
from flows.operations.returning import Harvest, read_returns
from flows.runtime.dispatch import Dispatch
from flows.settings.model import Settings
from flows.settings.reading import reveal


def spool_of(settings: Settings) -> Path:
    """Where the newsroom's own mail server puts what a relay hands over."""
    return settings.var / "returned"


def kept_mail(settings: Settings) -> KeptMail:
    """The mail that a person must read."""
    return KeptMail(settings.var / "unread-returns")


def boxes_of(settings: Settings) -> list[Box]:
    """Every place where mail comes back to; what the listener once took is read in any case."""
    bounces, boxes = settings.bounces, list[Box]()
    if bounces.maildir is not None:
        folder = settings.workspace / bounces.maildir
        boxes.append(MaildirBox(folder=folder, name="bounces.maildir", delete=bounces.delete))
    if bounces.imap.host:
        imap = bounces.imap
        boxes.append(
            ImapBox(
                host=imap.host,
                port=imap.port,
                security=imap.security,
                username=imap.username,
                password=reveal(imap.password) or "",
                folder=imap.folder,
                handled=imap.handled,
                delete=bounces.delete,
            )
        )
    if (spool_of(settings) / "new").is_dir():
        boxes.append(MaildirBox(folder=spool_of(settings), name="bounces.listener", delete=True))
    return boxes


async def read_all_returns(desk: Dispatch) -> Harvest:
    """Read every box of the settings once."""
    return await read_returns(
        desk.store,
        boxes_of(desk.settings),
        reader=ReturnReader(keys=[desk.key]),
        kept=kept_mail(desk.settings),
        clock=desk.clock,
    )


async def judge_all_returns(desk: Dispatch) -> int:
    """Decide what new bounces mean, by the settings' brake; how many that gave up."""
    return await judge_returns(
        desk.store, brake_percent=desk.settings.bounces.brake_percent, now=desk.clock()
    )


async def judge_refusals(desk: Dispatch, issue: IssueId) -> None:
    """Have the relay's word on mailboxes that are not there count as bounces do."""
    if await note_refusals(desk.store, issue, now=desk.clock()):
        await judge_all_returns(desk)


def box_trouble(box: Box) -> str:
    """Why a box cannot be read now; empty if it can."""
    try:
        box.open().close()
    except NewsletterError as error:
        return error.sentence
    return ""


def something_came_back(settings: Settings) -> bool:
    """Whether a box has something to read, or cannot be looked into. It asks disks and networks."""
    return any(_has_mail(box) for box in boxes_of(settings))


def _has_mail(box: Box) -> bool:
    try:
        opened = box.open()
        try:
            return bool(opened.take(1))
        finally:
            opened.close()
    except NewsletterError:
        return True
