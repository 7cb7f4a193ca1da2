"""Who wrote a language last: nobody approves what they wrote themselves."""

from dataclasses import dataclass
from typing import Final

from flows.domain.errors import NotDoneError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.operations.accounts import account_key
from flows.operations.library import Library
from flows.operations.terms import fold
from flows.store.database import Store
from flows.store.events import last_actor
from flows.store.sessions import used_review_links
from flows.store.users import find_user

WRITTEN: Final = "article.written"
"""What the audit trail calls a save of the source on the desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Who would approve, and by which names they are known.

    A guest came by a link that `inviter` was shown and could have used: both count as one, and so
    do all whose links the same person made (`guests`).
    """

    name: str
    own: frozenset[str]
    inviter: str = ""
    inviters: frozenset[str] = frozenset()
    guests: frozenset[str] = frozenset()

    @property
    def everybody(self) -> frozenset[str]:
        """All names of those who count as this one person."""
        return self.own | self.inviters | self.guests


async def approver_of(store: Store, name: str, *, invited_by: str = "") -> Approver:
    """A person by name, with the address of their account, which translation tools write."""
    own, inviters = await _known_as(store, name), await _known_as(store, invited_by)
    return Approver(
        name=name,
        own=own,
        inviter=invited_by,
        inviters=inviters,
        guests=await _guests_of(store, own | inviters),
    )


async def _guests_of(store: Store, hosts: frozenset[str]) -> frozenset[str]:
    """Whoever came by a link that one of these made."""
    async with store.reading() as tx:
        links = await used_review_links(tx)
    return frozenset(
        name for guest, made_by in links if _names(made_by) & hosts for name in _names(guest)
    )


async def _known_as(store: Store, person: str) -> frozenset[str]:
    names = _names(person)
    async with store.reading() as tx:
        accounts = [await find_user(tx, account_key(name)) for name in names]
    for account in accounts:
        if account is not None:
            names |= _names(account.name) | _names(account.address)
    return frozenset(names)


async def is_last_editor(
    library: Library, store: Store, slug: str, language: Language, approver: Approver
) -> bool:
    """Whether somebody, or whoever counts as the same, was the last to write in a language.

    In the source, whether it is theirs, or they were the last to save it on the desk.
    """
    return bool(await _last_editors(library, store, slug, language) & approver.everybody)


async def require_two_people(
    library: Library, store: Store, slug: str, language: Language, approver: Approver
) -> None:
    """Raises `NotDoneError` if the approver was the last to write, or counts as who was.

    A review link makes one person of who made it and who came by it.
    """
    editor = await _last_editors(library, store, slug, language)
    if editor & approver.own:
        who = approver.name
    elif editor & approver.inviters:
        who = f"{approver.inviter}, who invited {approver.name},"
    elif editor & approver.guests:
        who = f"A guest of {approver.inviter or approver.name}"
    else:
        return
    raise NotDoneError(
        Phrase(
            "{who} was the last to edit {slug} {language}; somebody else must approve it",
            who=who,
            slug=slug,
            language=language,
        ),
        waiting_for=(f"newsletter approve {slug} {language} --by SOMEBODY-ELSE",),
    )


async def _last_editors(
    library: Library, store: Store, slug: str, language: Language
) -> frozenset[str]:
    if language != library.source_language:
        return frozenset(_names(library.catalogue(slug, language).last_editor))
    async with store.reading() as tx:
        writer = await last_actor(tx, WRITTEN, slug)
    author = library.article(slug).front.author
    return await _known_as(store, writer) | _names(author) | _names(author.partition(",")[0])


def _names(person: str) -> set[str]:
    """The name and the address of a person, who may be written `Name <address>` as Poedit does.

    What they are and where, behind a comma, makes nobody else of them; nor do capitals and accents.
    A single word before the comma is not yet a name: "Dupont, Claire" is not "Dupont, Marc".
    """
    written, _, rest = person.partition("<")
    name, address = account_key(written.strip('" ')), account_key(rest.partition(">")[0])
    head = name.partition(",")[0].strip()
    head = head if " " in head else name
    return {one for one in (name, head, fold(head), address) if one}
