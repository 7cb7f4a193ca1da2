"""Commands for the quality of translations: check, dismiss."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from flows.cli.articles import Languages, Slug
from flows.cli.previewing import tell_length
from flows.cli.session import AsJson, Session, not_done, note, print_json, print_table, say
from flows.domain.errors import InputError
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.domain.finding import Finding
    from flows.domain.language import Language
    from flows.operations.library import Library
    from flows.operations.mending import Mended

COUNTED: Final = ("empty", "draft")
"""Checks that are told by their number in each language; `--json` names every passage."""

Reviewer = Annotated[
    Literal["fr", "en", "nl"] | None,
    typer.Option(
        "--in", help="Explain in this language (default: review.language).", metavar="LANG"
    ),
]
Segments = Annotated[
    list[str] | None,
    typer.Option(help="Words of a passage, or a field's name; several times.", metavar="TEXT"),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("check")(check)
    app.command("dismiss")(dismiss)


def check(
    context: typer.Context,
    slug: Slug,
    lang: Languages = None,
    reviewer: Reviewer = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="First apply the safe fixes to untouched drafts.")
    ] = False,
    segment: Segments = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="With --segment: every fix of this check.", metavar="CHECK"),
    ] = None,
    by: Annotated[str, typer.Option(help="With --segment: whose edit it is.", metavar="NAME")] = "",
    dismissed: Annotated[
        bool, typer.Option("--dismissed", help="Show also what somebody dismissed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what the checks find in every language; exit 1 if something blocks."""
    from flows.operations.checking import blocking, check_article

    session: Session = context.obj
    library = session.library
    languages = [library.language(one) for one in lang or library.languages]
    library.article(slug)
    if fix:
        _tell_mended(_mend(library, slug, languages, segment or [], only or [], by))
    elif segment or only or by:
        raise InputError("is of no use alone", field="--segment, --only, --by", remedy="Add --fix.")
    findings = check_article(
        library, slug, languages=languages, reviewer=reviewer or session.settings.review.language
    )
    shown = [one for one in findings if dismissed or not one.dismissed]
    if as_json:
        print_json([as_facts(one) for one in shown])
    else:
        _tell(library, slug, shown)
        if library.source_language in languages:
            say(f"{slug} {library.source_language}: {tell_length(library, slug)}")
    if blocking(findings):
        raise not_done()


def _mend(
    library: Library,
    slug: str,
    languages: list[Language],
    segments: list[str],
    only: list[str],
    by: str,
) -> list[Mended]:
    from flows.operations.mending import mend_drafts, mend_segments

    targets = [one for one in languages if one != library.source_language]
    if not segments:
        if only or by:
            raise InputError("needs a passage", field="--only, --by", remedy="Add --segment TEXT.")
        return mend_drafts(library, slug, targets)
    if len(targets) != 1:
        raise InputError(
            "needs one language", field="--segment", remedy="Name it: --lang LANG, once."
        )
    return mend_segments(library, slug, targets[0], segments=segments, only=only, by=by)


def _tell_mended(mended: list[Mended]) -> None:
    for one in mended:
        note(
            f"{one.language}: mended {', '.join(one.checks)}",
            f"  - {one.before}",
            f"  + {one.after}",
        )
    if not mended:
        note("Nothing could be mended without a person's judgement.")


def as_facts(finding: Finding) -> dict[str, object]:
    """A finding as `--json` tells it."""
    facts = asdict(finding)
    facts["safe"] = facts.pop("is_safe")
    facts["dismissible"] = finding.may_be_dismissed
    del facts["is_arguable"], facts["key"], facts["seen"]
    return facts


def _tell(library: Library, slug: str, findings: list[Finding]) -> None:
    """The findings as a table; of passages that are merely not done yet, how many there are."""
    from flows.operations.previewing import count_untranslated

    counted = Counter((one.check, one.language) for one in findings if one.check in COUNTED)
    rest = [one for one in findings if one.check not in COUNTED]
    if rest:
        print_table(
            f"Findings in {slug}",
            ("language", "severity", "check", "message", "segment"),
            [
                (
                    one.language,
                    f"dismissed by {one.dismissed}" if one.dismissed else one.severity,
                    one.check,
                    one.message + (" [--fix]" if one.fix and one.is_safe else ""),
                    one.segment[:60],
                )
                for one in rest
            ],
        )
    elif not counted:
        say(f"{slug}: no findings")
    for (check, language), count in counted.items():
        if check == "draft":
            drafts = numbered(count, "passage is a draft", "passages are drafts")
            say(f"{slug} {language}: {drafts} that nobody has read yet")
        else:
            empty, whole = count_untranslated(library, slug, language)
            of = f"{empty} of {numbered(whole, 'passage')}"
            say(f"{slug} {language}: {of} have no translation: newsletter translate {slug}")


def dismiss(
    context: typer.Context,
    slug: Slug,
    language: Annotated[str, typer.Argument(help="The language: fr, en, nl, …", metavar="LANG")],
    check: Annotated[
        str, typer.Argument(help="The check, as `newsletter check` names it.", metavar="CHECK")
    ],
    by: Annotated[str, typer.Option(help="Who decides.", metavar="NAME")],
    segment: Segments = None,
    as_json: AsJson = False,
) -> None:
    """Let a check's findings stand, until the text that they are about changes."""
    from flows.operations.dismissing import dismiss_findings

    session: Session = context.obj
    library = session.library
    found = dismiss_findings(
        library,
        slug,
        library.language(language),
        check,
        segments=segment or [],
        by=by,
        on=date.today(),  # noqa: DTZ011 - the reviewer's day
        reviewer=session.settings.review.language,
    )
    if as_json:
        print_json([as_facts(one) for one in found])
        return
    for one in found:
        say(f"{slug} {language}: {check} dismissed by {by}: {one.message} ({one.segment[:60]})")
