"""Injection 24: what changes after the approval reaches nobody."""

from email import message_from_bytes, policy
from email.message import EmailMessage

from flows.domain.issue import Issue
from flows.domain.language import Language
from flows.operations.delivering import approved_editions
from flows.operations.sending import send_letters
from flows.runtime.runtime import Runtime, open_runtime
from flows.settings.reading import read_settings
from tests.functional.editorial.conftest import Newsroom


async def send_some(desk: Runtime, issue: Issue, *, limit: int | None) -> None:
    """Let letters leave into the outbox."""
    post = desk.post(issue.id, await approved_editions(desk.store, issue.id))
    async with desk.transport() as transport:
        await send_letters(
            desk.store,
            issue.id,
            post=post,
            transport=transport,
            owner="a-1",
            clock=desk.clock,
            limit=limit,
        )


def arrived(desk: Runtime) -> list[EmailMessage]:
    """The letters in the outbox."""
    return [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (desk.outbox.folder / "new").iterdir()
    ]


async def test_what_changes_after_the_approval_reaches_nobody(approved: Newsroom) -> None:
    """Source, catalogues, templates and sender change between two letters of one issue."""
    desk, folder = approved.desk, approved.workspace
    issue = await approved.freeze(await approved.open())
    editions = await approved_editions(desk.store, issue.id)
    await send_some(desk, issue, limit=1)
    for path in [*folder.rglob("fr.md"), *folder.rglob("*.po")]:
        path.write_text(path.read_text(encoding="utf-8").replace("nuit", "jour"), encoding="utf-8")
    for path in (folder / "templates" / "email").glob("*.mjml"):
        path.write_text("<mjml><mj-body></mj-body></mjml>", encoding="utf-8")
    settings = folder / "newsletter.toml"
    words = settings.read_text(encoding="utf-8")
    settings.write_text(words.replace("newsletter@efus", "other@efus"), encoding="utf-8")

    async with open_runtime(read_settings(folder)) as later:
        assert await approved_editions(later.store, issue.id) == editions
        await send_some(later, issue, limit=None)
        letters = arrived(later)

    assert len(letters) == 4
    for letter in letters:
        edition = editions[Language(str(letter["Content-Language"]))].edition
        html = letter.get_body(("html",))
        assert html is not None
        assert letter["Subject"] == edition.subject
        assert html.get_content().count("<p") == edition.html.count("<p")
        assert "newsletter@efus" in letter["From"]
