"""Findings are mended by rule, by name, or let stand by name; no person's word is changed."""

import re
from datetime import date
from pathlib import Path

import pytest

from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.segment import SegmentState
from flows.operations.approving import approve_language
from flows.operations.checking import check_language
from flows.operations.dismissing import dismiss_findings
from flows.operations.mending import mend_drafts, mend_segments
from tests.functional.editorial.conftest import EN, FR, NL, NOW, SLUG, WORDS, Newsroom

DAY = date(2026, 11, 22)
HEADING = "À quoi sert la médiation ?"


def found(newsroom: Newsroom, *, standing: bool = True) -> list[tuple[str, str]]:
    """Checks and segments of what is found in English, without what only says how far it is."""
    findings = check_language(newsroom.desk.library, SLUG, EN)
    return [
        (one.check, one.segment)
        for one in findings
        if one.check not in {"draft", "empty"} and not (standing and one.dismissed)
    ]


def write(newsroom: Newsroom, source: str, text: str, *, draft: bool = False) -> None:
    """Puts one English translation: a translator's, or a machine's."""
    library = newsroom.desk.library
    catalogue = library.synchronised(library.article(SLUG), EN)
    [key] = [one.key for one in catalogue.entries() if one.key.source == source]
    if draft:
        catalogue.edit(key, "", by="Ada")
        catalogue.draft(key, text, origin="google plain", at=NOW)
    else:
        catalogue.edit(key, text, by="Ada")
    catalogue.save()


def change_french(newsroom: Newsroom, old: str, new: str) -> None:
    """Puts other words into the source."""
    path: Path = newsroom.content / SLUG / "fr.md"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


def translation(newsroom: Newsroom, source: str) -> tuple[str, SegmentState]:
    """The English text of a segment and how far it is."""
    catalogue = newsroom.desk.library.catalogue(SLUG, EN)
    return next(
        (entry.translation, state)
        for entry, state in catalogue.states()
        if entry.key.source == source
    )


@pytest.fixture
def flawed(newsroom: Newsroom) -> Newsroom:
    """A newsroom whose English has one odd end mark, by a person."""
    newsroom.fill(EN)
    write(newsroom, HEADING, "What mediation is for")
    return newsroom


def dismiss(newsroom: Newsroom, check: str, **options: object) -> list[str]:
    """Lets a check's findings in English stand, by Anneke; the segments."""
    asked = {"by": "Anneke", "on": DAY} | options
    findings = dismiss_findings(newsroom.desk.library, SLUG, EN, check, **asked)  # type: ignore[arg-type]  # by name
    return [one.segment for one in findings]


def test_a_dismissed_finding_is_gone_and_says_by_whom(flawed: Newsroom) -> None:
    """It is noted in the catalogue beside the segment, with who and when."""
    assert found(flawed) == [("end", HEADING)]
    assert dismiss(flawed, "end") == [HEADING]
    assert found(flawed) == []
    [dismissed] = [
        one.dismissed for one in check_language(flawed.desk.library, SLUG, EN) if one.dismissed
    ]
    assert dismissed == "Anneke 2026-11-22"
    text = (flawed.content / SLUG / "en.po").read_text("utf-8")
    assert re.search(r"^# dismissed: end Anneke 2026-11-22 [0-9a-f]{8}$", text, re.MULTILINE)


def test_a_dismissal_dies_when_the_translation_changes(flawed: Newsroom) -> None:
    """Anneke saw another text."""
    dismiss(flawed, "end")
    write(flawed, HEADING, "What mediation is good for")
    assert found(flawed) == [("end", HEADING)]


def test_a_dismissal_dies_when_the_french_changes(flawed: Newsroom) -> None:
    """The same words for another French are another translation."""
    dismiss(flawed, "end")
    change_french(flawed, "sert la médiation", "sert une médiation")
    assert ("end", "À quoi sert une médiation ?") in found(flawed)


def test_an_approval_keeps_the_dismissals(flawed: Newsroom) -> None:
    """The texts are the same."""
    dismiss(flawed, "end")
    library = flawed.desk.library
    catalogue = library.synchronised(library.article(SLUG), EN)
    catalogue.approve_all(by="Chantal", on=DAY)
    catalogue.save()
    assert found(flawed) == []


def test_errors_cannot_be_dismissed(flawed: Newsroom) -> None:
    """A lost number is mended, whoever would have it stand."""
    write(flawed, "Des médiateurs dans la ville, la nuit.", "12 mediators in the city at night.")
    write(
        flawed,
        "Les **médiateurs** écoutent, puis orientent vers [le service](https://efus.test/nuit).",
        "**Mediators** listen, then refer people to the service.",
    )
    with pytest.raises(NotDoneError, match="must be mended"):
        dismiss(flawed, "links")
    assert dismiss(flawed, "numbers") == ["summary"]


def test_a_localised_address_may_be_accepted_by_name(flawed: Newsroom) -> None:
    """The one error that a person may let stand: a link to the same page in another language."""
    source = next(one for one in WORDS if "efus.test" in one)
    write(flawed, source, WORDS[source]["en"].replace("/nuit", "/night"))
    assert ("links", source) in found(flawed)
    assert dismiss(flawed, "links", segments=["écoutent"]) == [source]
    assert ("links", source) not in found(flawed)


@pytest.mark.parametrize(
    ("check", "options", "error"),
    [
        ("spaces", {}, NotDoneError),
        ("end", {"segments": ["nulle part"]}, NotFoundError),
        ("end", {"segments": ["title"]}, NotDoneError),
        ("end", {"by": "  "}, InputError),
    ],
)
def test_what_cannot_be_dismissed_is_told(
    flawed: Newsroom, check: str, options: dict[str, object], error: type[Exception]
) -> None:
    """Nothing found, no such segment, nobody's name."""
    with pytest.raises(error):
        dismiss(flawed, check, **options)


def french(newsroom: Newsroom) -> list[tuple[str, str, str]]:
    """Checks, pieces and who dismissed them, of what is found in the French."""
    findings = check_language(newsroom.desk.library, SLUG, FR)
    return [(one.check, one.segment, one.dismissed) for one in findings]


DOUBLE = "Elle aide à « vivre vivre ensemble » dans l’espace public."
SKIPPED = "#### Trop bas"


@pytest.fixture
def flawed_french(newsroom: Newsroom) -> Newsroom:
    """A newsroom whose French has a doubled word in a passage, and leaves a heading's level out."""
    change_french(newsroom, "vivre ensemble", "vivre vivre ensemble")
    path = newsroom.content / SLUG / "fr.md"
    path.write_text(f"{path.read_text('utf-8')}\n{SKIPPED}\n\nFin.\n", "utf-8")
    return newsroom


def dismiss_french(newsroom: Newsroom, check: str, *segments: str) -> list[str]:
    """Lets a check's findings in the French stand, by Anneke; their pieces."""
    found = dismiss_findings(
        newsroom.desk.library, SLUG, FR, check, segments=segments, by="Anneke", on=DAY
    )
    return [one.segment for one in found]


def test_what_is_found_in_the_french_is_let_stand_by_name(flawed_french: Newsroom) -> None:
    """In a passage and in the text as a whole; it is noted beside the article."""
    assert french(flawed_french) == [("repeated", DOUBLE, ""), ("headings", SKIPPED, "")]

    assert dismiss_french(flawed_french, "repeated") == [DOUBLE]
    assert dismiss_french(flawed_french, "headings", "trop bas") == [SKIPPED]

    word = "Anneke 2026-11-22"
    assert french(flawed_french) == [("repeated", DOUBLE, word), ("headings", SKIPPED, word)]
    lines = (flawed_french.content / SLUG / "dismissed.txt").read_text("utf-8").splitlines()
    assert [re.sub(r"[0-9a-f]{8}$", "…", line) for line in lines] == [
        f"fr: repeated {word} …",
        f"fr: headings {word} …",
    ]


def test_a_dismissal_of_the_french_dies_when_that_piece_changes(flawed_french: Newsroom) -> None:
    """And lives when another does."""
    dismiss_french(flawed_french, "repeated")
    dismiss_french(flawed_french, "headings")
    change_french(flawed_french, "À quoi sert", "À quoi donc sert")
    assert all(dismissed for _, _, dismissed in french(flawed_french))
    change_french(flawed_french, "espace public", "espace commun")
    change_french(flawed_french, "Trop bas", "Bien trop bas")
    assert not any(dismissed for _, _, dismissed in french(flawed_french))


def test_of_the_french_alone_what_is_named_is_dismissed(flawed_french: Newsroom) -> None:
    """Another passage's finding of the same check stands; nothing there is told."""
    change_french(flawed_french, "À quoi sert", "À quoi quoi sert")
    with pytest.raises(NotDoneError, match="nothing there"):
        dismiss_french(flawed_french, "repeated", "médiateurs dans la ville")
    with pytest.raises(NotFoundError, match="nulle part"):
        dismiss_french(flawed_french, "repeated", "nulle part")
    assert dismiss_french(flawed_french, "repeated", "vivre vivre") == [DOUBLE]
    assert [one[:2] for one in french(flawed_french) if not one[2]] == [
        ("repeated", "À quoi quoi sert la médiation ?"),
        ("headings", SKIPPED),
    ]


def test_an_error_in_the_french_cannot_be_dismissed(newsroom: Newsroom) -> None:
    """A link to no heading is dead in every language."""
    change_french(newsroom, "https://efus.test/nuit", "#nulle-part")
    with pytest.raises(NotDoneError, match="must be mended"):
        dismiss_french(newsroom, "anchors")
    assert not (newsroom.content / SLUG / "dismissed.txt").exists()


def test_a_line_of_dismissals_that_is_none_is_named(flawed_french: Newsroom) -> None:
    """Somebody wrote into the file by hand."""
    dismiss_french(flawed_french, "repeated")
    path = flawed_french.content / SLUG / "dismissed.txt"
    path.write_text(path.read_text("utf-8") + "\nfr: tout va bien\n", "utf-8")
    with pytest.raises(InputError, match="no dismissal") as caught:
        french(flawed_french)
    assert (caught.value.path, caught.value.line) == (path, 3)


def test_what_is_found_in_a_letter_is_let_stand_for_that_letter(newsroom: Newsroom) -> None:
    """A sentence of the template in French, say; any edit of the letter voids it."""
    folder = newsroom.workspace / "templates" / "email"
    for path in folder.rglob("*"):
        if path.is_file() and "</mj-body>" in path.read_text("utf-8"):
            french_note = (
                "<mj-section><mj-column><mj-text>Cette lettre est envoyée par le réseau à toutes "
                "les villes qui sont membres de la liste.</mj-text></mj-column></mj-section>"
            )
            path.write_text(
                path.read_text("utf-8").replace("</mj-body>", f"{french_note}</mj-body>"), "utf-8"
            )
    newsroom.fill(EN)
    assert ("letter", "letter") in found(newsroom)

    assert dismiss(newsroom, "letter", segments=["letter"]) == ["letter"]

    assert ("letter", "letter") not in found(newsroom)
    write(newsroom, HEADING, "What is mediation good for?")
    assert ("letter", "letter") in found(newsroom)


def test_safe_fixes_reach_untouched_drafts_alone(flawed: Newsroom) -> None:
    """What a person wrote or approved stays as it is; a draft stays a draft."""
    library = flawed.desk.library
    catalogue = library.synchronised(library.article(SLUG), EN)
    catalogue.approve_all(by="Chantal", on=DAY)
    catalogue.save()
    quote = "Elle aide à « vivre ensemble » dans l’espace public."
    write(flawed, quote, "It helps people to « live together » in public space .", draft=True)
    path = flawed.content / SLUG / "en.po"
    [mended] = mend_drafts(library, SLUG, [EN])
    assert mended.after == "It helps people to “live together” in public space."
    assert translation(flawed, quote) == (mended.after, SegmentState.DRAFT)
    assert translation(flawed, HEADING) == ("What mediation is for", SegmentState.APPROVED)
    before = path.read_bytes()
    assert mend_drafts(library, SLUG, [EN]) == []
    assert path.read_bytes() == before


def test_nothing_to_mend_makes_no_catalogue(newsroom: Newsroom) -> None:
    """A language that nobody has begun stays without a file."""
    assert mend_drafts(newsroom.desk.library, SLUG, [NL]) == []
    assert not (newsroom.content / SLUG / "nl.po").exists()


def test_an_approved_text_is_mended_only_by_name(flawed: Newsroom) -> None:
    """Then it is that person's edit, and waits for another's approval."""
    library = flawed.desk.library
    catalogue = library.synchronised(library.article(SLUG), EN)
    catalogue.approve_all(by="Chantal", on=DAY)
    catalogue.save()
    [mended] = mend_segments(library, SLUG, EN, segments=["À quoi sert"], only=[], by="Dora")
    assert mended.after == "What mediation is for?"
    assert translation(flawed, HEADING) == (mended.after, SegmentState.EDITED)
    assert library.catalogue(SLUG, EN).last_editor == "Dora"
    with pytest.raises(InputError, match="is empty"):
        mend_segments(library, SLUG, EN, segments=["À quoi sert"], only=[], by="")


async def test_a_house_may_have_the_french_answered_too(flawed: Newsroom) -> None:
    """`review.warnings = "refuse"` holds for the author's own words."""
    change_french(flawed, "vivre ensemble", "vivre vivre ensemble")

    async def approve(*, refuse: bool) -> None:
        await approve_language(
            flawed.desk.library,
            flawed.desk.store,
            SLUG,
            FR,
            by="Chantal",
            two_people=True,
            now=NOW,
            refuse_warnings=refuse,
        )

    await approve(refuse=False)
    with pytest.raises(NotDoneError, match="cannot be approved yet"):
        await approve(refuse=True)
    dismiss_french(flawed, "repeated")
    await approve(refuse=True)


def test_what_the_letter_says_of_a_sentence_is_not_said_twice(flawed: Newsroom) -> None:
    """A sentence left in French is told of its segment, markup or not, and not of the letter."""
    source = next(one for one in WORDS if "efus.test" in one)
    write(
        flawed,
        source,
        "Les **médiateurs** sont dans la ville et ils écoutent avec les habitants, "
        "and [the service](https://efus.test/nuit).",
    )
    assert "letter" not in {check for check, _ in found(flawed)}


async def test_a_house_may_have_every_warning_answered_before_approval(flawed: Newsroom) -> None:
    """`review.warnings = "refuse"`: mended or dismissed by name; the drafts' state counts not."""

    async def approve() -> None:
        await approve_language(
            flawed.desk.library,
            flawed.desk.store,
            SLUG,
            EN,
            by="Chantal",
            two_people=True,
            now=NOW,
            refuse_warnings=True,
        )

    with pytest.raises(NotDoneError, match="cannot be approved yet"):
        await approve()
    dismiss(flawed, "end")
    await approve()
