import email
import email.policy
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flows.domain.article import Slug
from flows.domain.edition import HOLES, Edition, hole
from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.recipient import Recipient, Sender
from flows.mail.headers import printable
from flows.mail.letter import prepare_letter, verify_letter

NAMES = [
    "From",
    "Reply-To",
    "Subject",
    "List-Id",
    "Feedback-ID",
    "Precedence",
    "Auto-Submitted",
    "Content-Language",
    "To",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
]
FEEDBACK_ID = "issue42:fr:liege:efus"


def parsed(raw: bytes) -> EmailMessage:
    """The letter as the strictest standard parser reads it."""
    policy = email.policy.default.clone(raise_on_defect=True)
    message = email.message_from_bytes(raw, policy=policy)
    assert isinstance(message, EmailMessage)
    return message


def part(raw: bytes, subtype: str) -> str:
    """The decoded text or HTML of a letter."""
    body = parsed(raw).get_body((subtype,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content()).replace("\r\n", "\n")


def a_small_edition(*, subject: str = "L’été", html: str = "", text: str = "") -> Edition:
    """An edition with the least that a letter needs."""
    link = hole("unsubscribe_url")
    return Edition(
        slug=Slug("ete"),
        language=Language("fr"),
        subject=subject,
        preheader="",
        html=html or f'<p>Été <a href="{link}">x</a></p>',
        text=text or f"Été : {link}",
    )


def test_a_letter_is_what_was_approved(
    an_edition: Callable[..., Edition],
    a_recipient: Callable[..., Recipient],
    a_sender: Sender,
    a_date: datetime,
) -> None:
    """A strict parser finds the subject, both parts and every accent as in the edition."""
    edition, recipient = an_edition(), a_recipient()
    letter = prepare_letter(edition, sender=a_sender, feedback_id=FEEDBACK_ID)
    raw = letter.render(recipient, date=a_date)
    message = parsed(raw)
    links = {hole(name): getattr(recipient, name) for name in HOLES[:3]}
    html, text = edition.html, edition.text
    for mark, url in links.items():
        html, text = html.replace(mark, url), text.replace(mark, url)
    assert message["Subject"] == edition.subject
    assert part(raw, "plain").strip() == text.strip()
    assert part(raw, "html").strip() == html.strip()
    assert verify_letter(raw) == []


def test_a_letter_has_the_fields_of_a_bulk_sender(
    an_edition: Callable[..., Edition],
    a_recipient: Callable[..., Recipient],
    a_sender: Sender,
    a_date: datetime,
) -> None:
    """One-click unsubscribing, list identity and loop prevention are in every letter."""
    letter = prepare_letter(an_edition(), sender=a_sender, feedback_id=FEEDBACK_ID)
    message = parsed(letter.render(a_recipient(), date=a_date))
    assert message.keys() == NAMES
    assert message["From"].addresses[0].display_name == a_sender.name
    assert message["To"] == "Zoé Lefèvre-Nuñez <zoe.lefevre@liege.example.org>"
    assert message["Reply-To"] == "contact@efus.example.org"
    assert message["Date"].datetime == a_date
    assert message["Message-ID"] == "<0123456789abcdef@efus.example.org>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Feedback-ID"] == FEEDBACK_ID
    assert message["Precedence"] == "bulk"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fr"
    assert message.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in message.iter_parts()] == ["text/plain", "text/html"]


def test_reply_to_and_list_id_may_be_absent(
    a_recipient: Callable[..., Recipient], a_date: datetime
) -> None:
    """A sender without them has letters without them."""
    sender = Sender(name="", address="efus@example.org")
    letter = prepare_letter(a_small_edition(), sender=sender, feedback_id=FEEDBACK_ID)
    raw = letter.render(a_recipient(), date=a_date)
    assert [name for name in NAMES if name not in parsed(raw)] == ["Reply-To", "List-Id"]
    assert verify_letter(raw) == []


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    subject=st.text(max_size=120),
    name=st.text(max_size=60),
    path=st.text(
        alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='<>"'),
        max_size=250,
    ),
    words=st.text(max_size=300),
)
@example(
    subject="=?utf-8?q?a=0D=0ABcc:_v@example.org?=",
    name="x\r\nBcc: v@example.org\x00",
    path="a=1&b=2",
    words="From me\n.\n..\n",
)
@example(subject="%s %b %(x)s", name="100 %", path="%41%b", words="%b 100 %")
def test_nothing_that_people_write_breaks_a_letter(
    subject: str,
    name: str,
    path: str,
    words: str,
    a_recipient: Callable[..., Recipient],
    a_sender: Sender,
    a_date: datetime,
) -> None:
    """Fields, lines and parts stay whole for any subject, name, link and text."""
    subject, words = f"s{printable(subject)}", words.replace("zz0", "")
    url = f"https://l.example.org/{path}"
    marks = f"{hole('recipient_name')}{hole('web_url')}. {hole('unsubscribe_url')}"
    edition = a_small_edition(subject=subject, html=f"<p>{marks}</p>", text=f"{words}\n{marks}")
    letter = prepare_letter(edition, sender=a_sender, feedback_id=FEEDBACK_ID)
    recipient = a_recipient(name=name, web_url=url, unsubscribe_url=url)
    raw = letter.render(recipient, date=a_date)
    assert verify_letter(raw) == []
    assert parsed(raw).keys() == NAMES
    assert parsed(raw)["Subject"].rstrip() == subject.rstrip()
    called = printable(name).strip() or recipient.address
    assert part(raw, "plain").rstrip().endswith(f"{called}{url}. {url}")
    head, _, body = raw.partition(b"\r\n\r\n")
    assert all(len(line) <= 78 for line in head.split(b"\r\n") if not line.startswith(b"List-Uns"))
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert not any(line.startswith((b".", b"From ")) for line in raw.split(b"\r\n"))


def test_values_are_escaped_in_html_and_plain_in_text(
    a_recipient: Callable[..., Recipient], a_sender: Sender, a_date: datetime
) -> None:
    """A name or link cannot become markup, and the text part shows it as it is."""
    marks = f'<a href="{hole("unsubscribe_url")}">{hole("recipient_name")}</a>'
    edition = a_small_edition(html=marks, text=f"{marks}\n")
    letter = prepare_letter(edition, sender=a_sender, feedback_id=FEEDBACK_ID)
    url = "https://l.example.org/u?a=1&b='2'"
    raw = letter.render(a_recipient(name="<b>É & co</b>", unsubscribe_url=url), date=a_date)
    assert part(raw, "html").strip() == (
        '<a href="https://l.example.org/u?a=1&amp;b=&#x27;2&#x27;">'
        "&lt;b&gt;É &amp; co&lt;/b&gt;</a>"
    )
    assert part(raw, "plain").strip() == f'<a href="{url}"><b>É & co</b></a>'


def test_a_contact_without_a_name_is_called_by_the_address(
    a_recipient: Callable[..., Recipient], a_sender: Sender, a_date: datetime
) -> None:
    """No greeting is left empty, and To carries the bare address."""
    edition = a_small_edition(text=f"Bonjour {hole('recipient_name')}, {hole('web_url')}")
    letter = prepare_letter(edition, sender=a_sender, feedback_id=FEEDBACK_ID)
    raw = letter.render(a_recipient(name=" "), date=a_date)
    assert "Bonjour zoe.lefevre@liege.example.org," in part(raw, "plain")
    assert parsed(raw)["To"] == "zoe.lefevre@liege.example.org"


def test_the_same_letter_has_the_same_bytes(
    an_edition: Callable[..., Edition],
    a_recipient: Callable[..., Recipient],
    a_sender: Sender,
    a_date: datetime,
) -> None:
    """Nothing in a letter is random, its boundary included; another edition has another one."""
    first, again = (
        prepare_letter(an_edition(), sender=a_sender, feedback_id=FEEDBACK_ID) for _ in range(2)
    )
    assert first.render(a_recipient(), date=a_date) == again.render(a_recipient(), date=a_date)
    other = prepare_letter(an_edition("nl"), sender=a_sender, feedback_id=FEEDBACK_ID)
    boundaries = {
        parsed(one.render(a_recipient(), date=a_date)).get_boundary() for one in (first, other)
    }
    assert len(boundaries) == 2


@pytest.mark.parametrize("name", ["unsubscribe_url", "web_url"])
def test_a_hole_without_a_value_is_an_error(
    name: str,
    an_edition: Callable[..., Edition],
    a_recipient: Callable[..., Recipient],
    a_sender: Sender,
    a_date: datetime,
) -> None:
    """A letter is never sent with an empty link."""
    letter = prepare_letter(an_edition(), sender=a_sender, feedback_id=FEEDBACK_ID)
    with pytest.raises(InputError, match=name):
        letter.render(a_recipient(**{name: ""}), date=a_date)


def test_an_unknown_mark_is_an_error(a_sender: Sender) -> None:
    """A mark that no letter can fill stops the edition, wherever it stands."""
    for edition in (
        a_small_edition(text="zz0phone0number0zz"),
        a_small_edition(html="zz0phone0number0zz"),
        a_small_edition(subject=f"Bonjour {hole('recipient_name')}"),
    ):
        with pytest.raises(InputError):
            prepare_letter(edition, sender=a_sender, feedback_id=FEEDBACK_ID)


def test_a_date_without_a_zone_is_refused(
    a_recipient: Callable[..., Recipient], a_sender: Sender
) -> None:
    """A letter's Date says which clock it was read on."""
    letter = prepare_letter(a_small_edition(), sender=a_sender, feedback_id=FEEDBACK_ID)
    with pytest.raises(ValueError, match="zone"):
        letter.render(a_recipient(), date=datetime(2026, 10, 6))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b"Precedence: bulk", b"Precedence: bulk\r\nBcc: v@example.org", "Bcc"),
        (b"Precedence: bulk\r\n", b"", "Precedence"),
        (b"List-Unsubscribe: <https://", b"List-Unsubscribe:\r\n <https://", "not literal"),
        (b"=One-Click", b"=Two-Clicks", "not literal"),
        (b"Subject: ", b"Subject: \xc3\xa9", "above 127"),
        (b"bulk\r\n", b"bulk\n", "not CRLF"),
        (b"text/html", b"text/richtext", "not exactly a text and an HTML part"),
        (b"Date: ", b"Date: never ", "Date"),
        (b"https://l.example.org/u=\r\n", b"zz0web0url0zz=\r\n", "was not filled"),
        (b"--\r\n", b"\r\n", "strict parser"),
        (b"\r\n=C3=89t=C3=A9", b"\r\n.=C3=89t=C3=A9", "begins with a dot"),
        (b"Feedback-ID: ", b"Feedback-ID: " + b"x" * 990, "longer than 998"),
    ],
)
def test_a_damaged_letter_is_noticed(
    old: bytes,
    new: bytes,
    problem: str,
    a_recipient: Callable[..., Recipient],
    a_sender: Sender,
    a_date: datetime,
) -> None:
    """The check before sending names what a reader's program would stumble over."""
    letter = prepare_letter(a_small_edition(), sender=a_sender, feedback_id=FEEDBACK_ID)
    raw = letter.render(a_recipient(unsubscribe_url="https://l.example.org/u"), date=a_date)
    damaged = raw.replace(old, new)
    assert damaged != raw
    assert problem in " ".join(verify_letter(damaged))


def test_empty_parts_are_noticed(
    a_recipient: Callable[..., Recipient], a_sender: Sender, a_date: datetime
) -> None:
    """A letter whose text says nothing is not sent."""
    edition = a_small_edition(text="\n \n")
    letter = prepare_letter(edition, sender=a_sender, feedback_id=FEEDBACK_ID)
    assert verify_letter(letter.render(a_recipient(), date=a_date)) == [
        "the text/plain part is empty"
    ]
