"""Letters to look at before anybody gets them: as files, and in one's own mailbox."""

import html
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from flows.domain.errors import InputError, NotDoneError, TransientError
from flows.domain.issue import IssueId
from flows.mail.connection import Relay
from flows.mail.holes import ANY_MARK
from flows.mail.transport import Transport
from flows.operations.previewing import Preview, preview_letters, send_tests, write_preview
from tests.functional.editorial.conftest import EN, NL, NOW, SLUG, Newsroom, write_article
from tests.servers.acts import Act
from tests.servers.faulty_smtp import FaultySmtp


def previews(newsroom: Newsroom, *, address: str = "lectrice@liege.example.org") -> list[Preview]:
    """The letters of the sample article in every language."""
    desk = newsroom.desk
    return preview_letters(
        desk.library,
        SLUG,
        desk.library.languages,
        letter=lambda edition: desk.letter(edition, issue="mediation-preview"),
        reader=lambda language: desk.reader(
            IssueId("mediation-preview"), 0, language, address=address, name="Zoé Lefèvre"
        ),
        sign=None,
        now=NOW,
    )


def read_letter(raw: bytes) -> EmailMessage:
    """The letter as a strict reader takes it."""
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


async def test_a_preview_is_three_files_in_each_language(
    approved: Newsroom, tmp_path: Path
) -> None:
    """The page, the text and the whole letter, with nothing left to fill."""
    folder = tmp_path / "épreuves" / "novembre"

    pages = [write_preview(one, folder) for one in previews(approved)]

    assert [page.name for page in pages] == ["fr.html", "en.html", "nl.html"]
    assert {one.name for one in folder.iterdir()} == {
        f"{language}.{kind}" for language in ("fr", "en", "nl") for kind in ("html", "txt", "eml")
    }
    page, text = pages[0].read_text("utf-8"), (folder / "fr.txt").read_text("utf-8")
    for content in (html.unescape(page), text):
        assert not ANY_MARK.search(content)
        assert "La médiation de nuit" in content
        assert "/u/" in content
        assert re.search(r"«[\u00a0\u202f]vivre ensemble[\u00a0\u202f]»", content)


async def test_the_letter_in_a_preview_is_the_one_that_is_sent(approved: Newsroom) -> None:
    """Subject, reader, headers to unsubscribe, and both parts."""
    french, *_ = previews(approved)

    letter = read_letter(french.eml)

    assert letter["Subject"] == french.edition.subject == "La médiation de nuit"
    assert "lectrice@liege.example.org" in letter["To"]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("html", "plain"):
        part = letter.get_body((kind,))
        assert part is not None
        assert "médiateurs" in part.get_content()
    assert letter.defects == []


async def test_an_unfinished_language_can_be_previewed(newsroom: Newsroom) -> None:
    """What is not translated yet shows in French."""
    _, english, _ = previews(newsroom)

    assert english.edition.language == EN
    assert "La médiation de nuit" in english.html


async def test_a_preview_s_digest_is_the_one_that_is_approved(newsroom: Newsroom) -> None:
    """So that what was read can be signed off by it."""
    newsroom.fill(NL)
    *_, dutch = previews(newsroom)

    assert await newsroom.approve(NL) == dutch.edition.digest


async def test_two_previews_differ_in_nothing_but_their_names(approved: Newsroom) -> None:
    """The edition is the same, the Message-ID another: a mailbox shows both."""
    (first, *_), (second, *_) = previews(approved), previews(approved)

    assert first.edition == second.edition
    assert read_letter(first.eml)["Message-ID"] != read_letter(second.eml)["Message-ID"]


async def test_a_folder_that_cannot_be_written_is_refused(
    approved: Newsroom, tmp_path: Path
) -> None:
    """By the option that names it."""
    (tmp_path / "fichier").touch()

    with pytest.raises(InputError) as caught:
        write_preview(previews(approved)[0], tmp_path / "fichier" / "dedans")

    assert caught.value.field == "--out"


async def test_a_hostile_title_stays_a_title(newsroom: Newsroom) -> None:
    """No header, no markup."""
    write_article(
        newsroom.content,
        title="<script>alert(1)</script> Bcc: x@example.org zz0unsubscribe0url0zz",
    )

    french, *_ = previews(newsroom)

    assert "<script>" not in french.html
    assert read_letter(french.eml)["Bcc"] is None
    assert "Bcc: x@example.org" in read_letter(french.eml)["Subject"]


async def test_test_letters_arrive_and_belong_to_no_issue(approved: Newsroom) -> None:
    """One in each language, in the outbox of the capture mode; the ledger knows nothing of it."""
    desk = approved.desk

    async with desk.transport() as transport:
        await send_tests(
            previews(approved),
            mail_from=desk.mail_from,
            to="lectrice@liege.example.org",
            transport=transport,
        )

    letters = [read_letter(one.read_bytes()) for one in (desk.outbox.folder / "new").iterdir()]
    assert {letter["Content-Language"] for letter in letters} == {"fr", "en", "nl"}
    assert {letter["Delivered-To"] for letter in letters} == {"lectrice@liege.example.org"}


async def test_a_refused_test_letter_says_why(approved: Newsroom) -> None:
    """The server's own words; a fault of the way there is a passing one."""
    french = previews(approved)[:1]

    async def send_through(server: FaultySmtp) -> None:
        relay = Relay(host=server.host, port=server.port, security="none")
        transport = Transport(relay=relay, connections=1)
        await send_tests(french, mail_from="a@example.org", to="b@example.org", transport=transport)

    refusing = FaultySmtp(
        lambda moment: Act(reply="550 5.1.1 boîte inconnue") if moment.phase == "rcpt" else None
    )
    async with refusing:
        with pytest.raises(
            NotDoneError, match=r"the fr test letter was not accepted: 550 5\.1\.1 boîte inconnue"
        ):
            await send_through(refusing)
    with pytest.raises(TransientError, match="cannot be used now"):
        await send_through(refusing)
