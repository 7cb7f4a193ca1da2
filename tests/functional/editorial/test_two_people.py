"""Nobody approves what they wrote, by whatever name or link they come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flows.content.pofiles import read_po_file
from flows.domain.account import Guest, Role
from flows.domain.article import Slug
from flows.domain.errors import NotDoneError
from flows.operations.accounts import add_user
from flows.operations.approving import approve_language
from flows.operations.inviting import invite_reviewer, let_guest_in
from flows.operations.visits import Lifetime, visit_of
from tests.functional.editorial.conftest import FR, NL, NOW, SLUG, Newsroom, write_article


async def guest_of(newsroom: Newsroom, *, by: str) -> Guest:
    """Joost, who came for the Dutch by a link that somebody made; as his visit knows him."""
    store = newsroom.desk.store
    joost = Guest(name="Joost", slug=Slug(SLUG), language=NL)
    link = await invite_reviewer(store, joost, by=by, lasting=timedelta(days=1), now=NOW)
    begun = await let_guest_in(store, link, lifetime=Lifetime(), now=NOW)
    assert begun is not None
    session = await visit_of(store, begun[0], lifetime=Lifetime(), now=NOW)
    assert session is not None
    assert isinstance(session.visitor, Guest)
    return session.visitor


async def approve_as(newsroom: Newsroom, guest: Guest) -> None:
    """The guest signs the Dutch off."""
    await approve_language(
        newsroom.desk.library,
        newsroom.desk.store,
        SLUG,
        NL,
        by=guest.name,
        invited_by=guest.invited_by,
        two_people=True,
        now=NOW,
    )


def edited_by(newsroom: Newsroom, editor: str) -> None:
    """The Dutch, in which a translation tool names who wrote last."""
    newsroom.fill(NL)
    path = newsroom.content / SLUG / "nl.po"
    po = read_po_file(path)
    po.metadata["Last-Translator"] = editor
    po.save(str(path))


async def add_editor(newsroom: Newsroom, name: str, address: str) -> None:
    """An account of somebody who edits."""
    await add_user(
        newsroom.desk.store,
        name,
        roles=[Role.EDITOR],
        languages=[],
        address=address,
        by="x",
        now=NOW,
    )


@pytest.mark.parametrize("editor", ["Paula", "Paula Peeters <p.peeters@city.example>"])
async def test_a_guest_approves_nothing_that_whoever_invited_them_wrote(
    newsroom: Newsroom, editor: str
) -> None:
    """Whoever makes a link is shown it, and could use it in another browser."""
    await add_editor(newsroom, "Paula", "P.Peeters@city.example")
    edited_by(newsroom, editor)
    guest = await guest_of(newsroom, by="Paula")

    with pytest.raises(NotDoneError, match="Paula, who invited Joost, was the last to edit"):
        await approve_as(newsroom, guest)


async def test_nobody_approves_what_was_written_through_a_link_of_their_own(
    newsroom: Newsroom,
) -> None:
    """Neither whoever made the link, nor the next guest of theirs; anybody else may."""
    guest = await guest_of(newsroom, by="Paula")
    edited_by(newsroom, guest.name)
    other = replace(guest, name="Jan")

    with pytest.raises(NotDoneError, match="A guest of Paula was the last to edit"):
        await newsroom.approve(NL, by="Paula")
    with pytest.raises(NotDoneError, match="A guest of Paula was the last to edit"):
        await approve_as(newsroom, other)
    await newsroom.approve(NL, by="Chantal")


async def test_a_link_that_nobody_used_makes_nobody_one(newsroom: Newsroom) -> None:
    """A person of the same name who works here is not whoever was invited and never came."""
    edited_by(newsroom, "Joost")
    joost = Guest(name="Joost", slug=Slug(SLUG), language=NL)
    await invite_reviewer(
        newsroom.desk.store, joost, by="Paula", lasting=timedelta(days=1), now=NOW
    )

    await newsroom.approve(NL, by="Paula")


async def test_a_guest_approves_what_others_wrote(newsroom: Newsroom) -> None:
    """Neither their own work nor that of whoever invited them."""
    edited_by(newsroom, "Ada")
    guest = await guest_of(newsroom, by="Paula")

    await approve_as(newsroom, guest)


async def test_a_guest_does_not_approve_what_they_wrote(newsroom: Newsroom) -> None:
    """As anybody else."""
    edited_by(newsroom, "joost")
    guest = await guest_of(newsroom, by="Paula")

    with pytest.raises(NotDoneError, match="Joost was the last to edit"):
        await approve_as(newsroom, guest)


async def test_an_account_is_known_by_its_address_too(newsroom: Newsroom) -> None:
    """Poedit writes the whole name and the address, whatever the account is called."""
    await add_editor(newsroom, "Anna", "anna@city.example")
    edited_by(newsroom, "Anna Meier <Anna@City.example>")

    for name in ("Anna", "anna@city.example"):
        with pytest.raises(NotDoneError, match="somebody else must approve it"):
            await newsroom.approve(NL, by=name)
    await newsroom.approve(NL, by="Chantal")


async def test_an_author_who_signs_with_an_address_is_known_by_their_account(
    newsroom: Newsroom,
) -> None:
    """So in the front matter as in a catalogue."""
    await add_editor(newsroom, "Laurence", "laurence@city.example")
    write_article(newsroom.content, author="L. Martin <laurence@city.example>, Liège")

    with pytest.raises(NotDoneError, match="Laurence was the last to edit"):
        await newsroom.approve(FR, by="Laurence")


@pytest.mark.parametrize(
    ("author", "approver"),
    [
        ("Claire Dupont, chargée de mission, Liège", "Claire DUPONT"),
        ("Claire Dupont, chargée de mission, Liège", "claire dupont, ville de Liege"),
        ("Hélène Dupont", "Helene  Dupont, Liège"),
        ('"Dupont, Claire" <c@city.example>, Liège', "Dupont, Claire"),
    ],
)
async def test_a_title_makes_nobody_else_of_an_author(
    newsroom: Newsroom, author: str, approver: str
) -> None:
    """Nor do what stands behind a name, capitals, spaces and accents."""
    write_article(newsroom.content, author=author.replace('"', '\\"'))

    with pytest.raises(NotDoneError, match="was the last to edit"):
        await newsroom.approve(FR, by=approver)


async def test_a_title_makes_nobody_else_of_an_editor(newsroom: Newsroom) -> None:
    """Whose name a translation tool wrote."""
    edited_by(newsroom, "Joost Claes, Gent <joost@city.example>")

    with pytest.raises(NotDoneError, match="was the last to edit"):
        await newsroom.approve(NL, by="joost claes, stad Brugge")


async def test_a_family_name_before_a_comma_makes_nobody_of_two(newsroom: Newsroom) -> None:
    """Somebody else of the same name may approve."""
    edited_by(newsroom, "Dupont, Claire")

    await newsroom.approve(NL, by="Dupont, Marc")
