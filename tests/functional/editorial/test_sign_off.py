"""A language is signed off as it was read: by somebody else, complete, and until an edit."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from flows.content.pofiles import read_po_file
from flows.domain.errors import InputError, NotDoneError, NotFoundError, TransientError
from flows.domain.language import Language
from flows.operations.approving import approve_language, reject_language
from flows.operations.checking import check_article
from flows.operations.reviewing import LanguageReview, review_article
from flows.runtime.runtime import build_library
from flows.settings.reading import read_settings
from flows.store.reviews import find_edition
from tests.functional.editorial.conftest import (
    BODY,
    EN,
    FR,
    NL,
    NOW,
    SLUG,
    Newsroom,
    write_article,
)

ALL = {"fr", "en", "nl"}


async def review(newsroom: Newsroom, slug: str = SLUG) -> dict[str, LanguageReview]:
    """How far each language is."""
    library = build_library(read_settings(newsroom.workspace))
    reviews = await review_article(library, newsroom.desk.store, slug)
    return {one.language: one for one in reviews}


async def signed_off(newsroom: Newsroom, slug: str = SLUG) -> set[str]:
    """The languages whose approval stands."""
    return {tag for tag, one in (await review(newsroom, slug)).items() if one.signed_off}


async def reject(newsroom: Newsroom, language: Language, because: str = "un contresens") -> None:
    """Sends a language back."""
    await reject_language(
        newsroom.desk.library,
        newsroom.desk.store,
        SLUG,
        language,
        by="Chantal",
        because=because,
        now=NOW,
    )


async def test_every_language_waits_for_its_own_sign_off(newsroom: Newsroom) -> None:
    """Each says what is to be done next, until nothing is."""
    before = await review(newsroom)
    assert before["nl"].next == f"newsletter translate {SLUG} --to nl"
    assert before["fr"].next == f"newsletter approve {SLUG} fr --by NAME"
    assert (before["nl"].segments, before["nl"].empty) == (6, 6)

    newsroom.fill(NL)
    filled = (await review(newsroom))["nl"]
    assert (filled.empty, filled.edited, filled.approved) == (0, 6, 0)
    assert filled.next == f"newsletter approve {SLUG} nl --by NAME"

    await newsroom.approve(NL)
    after = (await review(newsroom))["nl"]
    assert (after.signed_off, after.approved_by, after.next) == (True, "Chantal", "")
    assert (after.edited, after.approved) == (0, 6)
    assert await signed_off(newsroom) == {"nl"}


async def test_an_approval_that_a_change_voided_says_whose_it_was(approved: Newsroom) -> None:
    """A reviewer learns that the text was approved before, by whom, and when."""
    path = approved.content / SLUG / "nl.po"
    path.write_text(path.read_text("utf-8").replace("De redactie", "Onze redactie"), "utf-8")
    reviews = await review(approved)
    assert reviews["nl"].changed_since == "Chantal 2026-11-22"
    assert reviews["nl"].what_changed == "changed since Chantal approved it (2026-11-22)"
    assert [reviews[tag].what_changed for tag in ("fr", "en")] == ["", ""]
    await reject(approved, NL)
    assert (await review(approved))["nl"].what_changed == ""


async def test_an_approval_keeps_exactly_what_was_approved(newsroom: Newsroom) -> None:
    """The edition lies in the database under its digest, for ever."""
    newsroom.fill(EN)

    digest = await newsroom.approve(EN)

    async with newsroom.desk.store.reading() as tx:
        kept = await find_edition(tx, digest)
    assert kept == newsroom.desk.library.edition(SLUG, EN)
    assert kept.digest == digest


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (None, "empty: the translation is missing"),
        ("[de dienst](https://efus.test/nuit)", "link"),
    ],
)
async def test_what_a_check_blocks_cannot_be_approved(
    newsroom: Newsroom, spoil: str | None, said: str
) -> None:
    """An empty segment, a lost link: each is named with the command that shows it."""
    newsroom.fill(NL)
    library = newsroom.desk.library
    catalogue = library.catalogue(SLUG, NL)
    key = next(one.key for one in catalogue.entries() if "médiateurs**" in one.key.source)
    text = catalogue.entry(key).translation
    catalogue.edit(key, text.replace(spoil, "iets") if spoil else "", by="Ada")
    catalogue.save()

    with pytest.raises(NotDoneError) as caught:
        await newsroom.approve(NL)

    assert "cannot be approved yet" in caught.value.reason
    assert caught.value.waiting_for[-1] == f"newsletter check {SLUG}"
    assert any(said in what for what in caught.value.waiting_for), caught.value
    assert any(one.severity == "error" for one in check_article(library, SLUG))
    assert await signed_off(newsroom) == set()


@pytest.mark.parametrize(
    ("editor", "approver", "same"),
    [
        ("Ada", "Ada", True),
        ("Ada", "  ADA ", True),
        ("Ada Lovelace <ada@example.org>", "Ada Lovelace", True),
        ("Ada Lovelace <ada@example.org>", "ada@example.org", True),
        ("ada@example.org", "Ada <ada@example.org>", True),
        ("Zoe\u0301", "Zoé", True),
        ("Ada Lovelace <ada@example.org>", "Ada Byron", False),
        ("Ada", "Adam", False),
        ("", "Ada", False),
    ],
)
async def test_whoever_edited_last_cannot_approve(
    approved: Newsroom, editor: str, approver: str, *, same: bool
) -> None:
    """However the name is written: translation tools add an address to it."""
    path = approved.content / SLUG / "nl.po"
    po = read_po_file(path)
    po.metadata["Last-Translator"] = editor
    po.save(str(path))

    if same:
        with pytest.raises(NotDoneError, match="somebody else must approve it"):
            await approved.approve(NL, by=approver)
    else:
        assert await approved.approve(NL, by=approver)


async def test_the_author_cannot_approve_the_source(newsroom: Newsroom) -> None:
    """The front matter says who wrote it, with an office after a comma."""
    write_article(newsroom.content, author="Laurence Martin, chargée de mission, Liège")

    with pytest.raises(NotDoneError, match="laurence martin was the last to edit"):
        await newsroom.approve(FR, by="laurence  martin")
    await newsroom.approve(FR, by="Chantal")

    assert await signed_off(newsroom) == {"fr"}


async def test_one_person_may_do_both_if_the_settings_say_so(newsroom: Newsroom) -> None:
    """And the audit trail keeps that it was so."""
    newsroom.fill(NL, by="Ada")

    await approve_language(
        newsroom.desk.library, newsroom.desk.store, SLUG, NL, by="Ada", two_people=False, now=NOW
    )

    assert await signed_off(newsroom) == {"nl"}


async def test_a_nameless_approval_is_none(newsroom: Newsroom) -> None:
    """Somebody must answer for it."""
    with pytest.raises(InputError) as caught:
        await newsroom.approve(FR, by=" \t ")

    assert caught.value.field == "--by"


async def test_an_unknown_language_is_refused_with_those_there_are(newsroom: Newsroom) -> None:
    """The settings say which."""
    with pytest.raises(NotFoundError, match="Languages: en, nl"):
        newsroom.desk.library.language("de")


async def test_what_changed_since_it_was_shown_is_not_approved(newsroom: Newsroom) -> None:
    """The digest of the preview, or its beginning, says what was read."""
    newsroom.fill(NL)
    library, store = newsroom.desk.library, newsroom.desk.store
    shown = library.edition(SLUG, NL).digest[:12]
    edit_catalogue(newsroom, NL)

    async def approve(digest: str) -> None:
        await approve_language(
            library, store, SLUG, NL, by="Chantal", two_people=True, now=NOW, shown=digest
        )

    with pytest.raises(NotDoneError, match="changed since it was shown"):
        await approve(shown)
    assert await signed_off(newsroom) == set()

    await approve(library.edition(SLUG, NL).digest[:12])
    assert await signed_off(newsroom) == {"nl"}


def edit_catalogue(newsroom: Newsroom, language: Language) -> None:
    """A translator's second thoughts about the last paragraph."""
    catalogue = newsroom.desk.library.catalogue(SLUG, language)
    key = list(catalogue.entries())[-1].key
    catalogue.edit(key, catalogue.entry(key).translation.replace(".", " !"), by="Ada")
    catalogue.save()


def edit_source(newsroom: Newsroom, old: str, new: str) -> None:
    """Another French text."""
    path = newsroom.content / SLUG / "fr.md"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def edit_template(newsroom: Newsroom, name: str, old: str, new: str) -> None:
    """Another letter around the text."""
    path = newsroom.workspace / "templates" / "email" / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


Edit = Callable[[Newsroom], None]
EDITS: dict[str, tuple[Edit, set[str]]] = {
    "nothing": (lambda _: None, set()),
    "the Dutch catalogue": (lambda one: edit_catalogue(one, NL), {"nl"}),
    "the English catalogue": (lambda one: edit_catalogue(one, EN), {"en"}),
    "the source's typing alone": (
        lambda one: edit_source(one, "médiation ?", "médiation\u202f?"),
        set(),
    ),
    "a fixed text of the French letters": (
        lambda one: edit_template(one, "strings.toml", "Se désabonner", "Me désabonner"),
        {"fr"},
    ),
    "a fixed text of the Dutch letters": (
        lambda one: edit_template(one, "strings.toml", "Uitschrijven", "Afmelden"),
        {"nl"},
    ),
    "a word of the source": (lambda one: edit_source(one, "aide à", "aide fort à"), ALL),
    "a new paragraph": (lambda one: edit_source(one, "public.\n", "public.\n\nFin.\n"), ALL),
    "a paragraph gone": (
        lambda one: edit_source(one, "## À quoi sert la médiation ?\n\n", ""),
        ALL,
    ),
    "the title": (lambda one: edit_source(one, "La médiation de", "La médiation, de"), ALL),
    "a subject of its own": (
        lambda one: edit_source(one, "---\n\nLes", 'subject: "Médiation"\n---\n\nLes'),
        ALL,
    ),
    "the preheader": (
        lambda one: edit_source(one, "---\n\nLes", 'preheader: "La nuit"\n---\n\nLes'),
        ALL,
    ),
    "the date": (lambda one: edit_source(one, "2026-10-06", "2026-10-07"), ALL),
    "the template": (
        lambda one: edit_template(
            one, "footer.txt", "{{ unsubscribe_url }}", "{{ unsubscribe_url }} –"
        ),
        ALL,
    ),
}


@pytest.mark.parametrize(("edit", "voided"), EDITS.values(), ids=EDITS)
async def test_an_edit_voids_the_approvals_of_what_it_changes_and_no_others(
    approved: Newsroom, edit: Edit, voided: set[str]
) -> None:
    """A translation whose French changed waits for a look, even where its own words stay."""
    newsroom = approved

    edit(newsroom)

    assert await signed_off(newsroom) == ALL - voided


async def test_an_approval_returns_with_the_text_that_it_was_for(approved: Newsroom) -> None:
    """It is bound to what was read, not to a moment."""
    newsroom = approved
    path = newsroom.content / SLUG / "fr.md"
    text = path.read_text("utf-8")

    edit_source(newsroom, "aide à", "aide fort à")
    assert await signed_off(newsroom) == set()
    path.write_text(text, encoding="utf-8")

    assert await signed_off(newsroom) == ALL


async def test_a_translation_confirmed_for_new_french_needs_a_new_approval(
    approved: Newsroom,
) -> None:
    """The translator's word that the old text still holds is not the approver's."""
    newsroom = approved
    edit_source(newsroom, "aide à", "aide fort à")
    library = newsroom.desk.library
    catalogue = library.synchronised(library.article(SLUG), NL)
    key = list(catalogue.entries())[-1].key
    catalogue.edit(key, catalogue.entry(key).translation, by="Ada")
    catalogue.save()

    assert "nl" not in await signed_off(newsroom)
    await newsroom.approve(NL)
    assert "nl" in await signed_off(newsroom)


async def test_a_rejection_withdraws_the_approval_and_says_why(approved: Newsroom) -> None:
    """Of that language alone; a new approval overrules it."""
    newsroom = approved

    await reject(newsroom, NL)

    nl = (await review(newsroom))["nl"]
    assert (nl.signed_off, nl.rejected_because, nl.approved_by) == (False, "un contresens", "")
    assert nl.next == f"correct content/{SLUG}/nl.po (Chantal: un contresens)"
    assert await signed_off(newsroom) == {"fr", "en"}
    await newsroom.approve(NL)
    assert await signed_off(newsroom) == ALL


async def test_a_rejection_needs_a_reason(newsroom: Newsroom) -> None:
    """Whoever mends must know what."""
    with pytest.raises(InputError) as caught:
        await reject(newsroom, NL, because="  ")

    assert caught.value.field == "--because"


async def test_a_catalogue_saved_by_another_during_the_approval_is_not_overwritten(
    newsroom: Newsroom,
) -> None:
    """The approval fails as a passing fault, and the other's words stay."""
    newsroom.fill(NL)
    path = newsroom.content / SLUG / "nl.po"
    library = newsroom.desk.library
    senders = {**library.senders}

    class Meanwhile(dict[Language, object]):
        """Senders that somebody looks up just after saving the catalogue."""

        def __getitem__(self, language: Language) -> object:
            path.write_text(path.read_text("utf-8").replace("redactie", "redactrice"), "utf-8")
            return senders[language]

    racing = replace(library, senders=Meanwhile())  # type: ignore[arg-type]  # only looked up

    with pytest.raises(TransientError, match="changed by somebody else"):
        await approve_language(
            racing, newsroom.desk.store, SLUG, NL, by="Chantal", two_people=True, now=NOW
        )

    assert "redactrice" in path.read_text("utf-8")
    assert await signed_off(newsroom) == set()


async def test_the_approved_words_of_one_article_do_not_touch_another_s_approval(
    approved: Newsroom,
) -> None:
    """The memory offers drafts; it changes nothing that a person signed."""
    newsroom = approved
    write_article(newsroom.content, slug="suite", title="La médiation de nuit")
    remembered = (await review(newsroom, "suite"))["nl"]
    assert (remembered.draft, remembered.signed_off) == (6, False)

    await newsroom.approve_all(slug="suite")

    assert await signed_off(newsroom) == ALL
    assert await signed_off(newsroom, "suite") == ALL


async def test_one_article_s_broken_catalogue_keeps_no_other_waiting(approved: Newsroom) -> None:
    """Its translations are missing from the memory, no more."""
    newsroom = approved
    write_article(newsroom.content, slug="suite", body=BODY)
    (newsroom.content / "suite" / "nl.po").write_text("<<<<<<<\n", encoding="utf-8")

    assert await signed_off(newsroom) == ALL
    with pytest.raises(InputError, match="not a valid PO file"):
        await review(newsroom, "suite")


async def test_a_review_has_the_shape_that_others_read(newsroom: Newsroom) -> None:
    """`newsletter review SLUG --json`: at least these keys, of these types."""
    newsroom.fill(EN)

    shown = [json.loads(json.dumps(asdict(one))) for one in (await review(newsroom)).values()]

    assert [one["language"] for one in shown] == ["fr", "en", "nl"]
    for one in shown:
        numbers = [one[key] for key in ("segments", "empty", "draft", "edited", "approved")]
        assert numbers[0] == sum(numbers[1:])
        assert one["signed_off"] is False


def test_findings_have_the_shape_that_others_read(workspace: Path) -> None:
    """`newsletter check SLUG --json`: language, segment, check, severity, message."""
    library = build_library(read_settings(workspace))

    findings = [json.loads(json.dumps(asdict(one))) for one in check_article(library, SLUG)]

    assert {one["language"] for one in findings} == {"en", "nl"}
    assert set(findings[0]) >= {"language", "segment", "check", "severity", "message"}
    assert {one["severity"] for one in findings} == {"error"}


def test_the_source_is_checked_too(workspace: Path) -> None:
    """What an author should mend is said, and warnings block nobody."""
    write_article(workspace / "content", body="Un « début sans fin.\n")
    library = build_library(read_settings(workspace))

    found = [one for one in check_article(library, SLUG) if one.language == "fr"]

    assert [(one.check, one.severity) for one in found] == [("quotations", "warning")]
