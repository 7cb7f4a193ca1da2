"""Commands for the glossary: check, propose, accept."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.articles import Languages
from flows.cli.session import AsJson, Session, not_done, print_json, print_table, say
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.operations.glossing import Audit
    from flows.translation.learning import Proposal

Term = Annotated[str, typer.Argument(help="The French term.", metavar="TERM")]
Lang = Annotated[str, typer.Argument(help="The language: en, nl, …", metavar="LANG")]
Wording = Annotated[str, typer.Argument(help="How it is to be translated.", metavar="WORDING")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The terms that must be translated so.", no_args_is_help=True)
    group.command("check")(check)
    group.command("propose")(propose)
    group.command("accept")(accept)
    app.add_typer(group, name="glossary")


def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Judge the glossary's file, and every translation by it; exit 1 if it contradicts itself."""
    from flows.operations.glossing import audit_glossary

    session: Session = context.obj
    audit = audit_glossary(session.library, reviewer=session.settings.review.language)
    if as_json:
        print_json(_facts(audit))
    else:
        _tell(audit)
    if not audit.sound:
        raise not_done()


def _facts(audit: Audit) -> dict[str, object]:
    return {
        "terms": audit.terms,
        "wordings": audit.covered,
        "faults": [asdict(fault) for fault in audit.faults],
        "findings": [
            {
                "slug": one.slug,
                "language": one.finding.language,
                "segment": one.finding.segment,
                "message": one.finding.message,
            }
            for one in audit.strays
        ],
    }


def _tell(audit: Audit) -> None:
    covered = ", ".join(f"{count} in {language}" for language, count in audit.covered.items())
    say(f"{numbered(audit.terms, 'term')}; with a wording: {covered}")
    if audit.faults:
        print_table(
            "The glossary",
            ("line", "column", "severity", "message"),
            [(one.line, one.column, one.severity, one.message) for one in audit.faults],
        )
    if audit.strays:
        print_table(
            "Translations that do not follow it",
            ("article", "language", "message", "segment"),
            [
                (one.slug, one.finding.language, one.finding.message, one.finding.segment[:60])
                for one in audit.strays
            ],
        )


def propose(
    context: typer.Context,
    lang: Languages = None,
    least: Annotated[
        int, typer.Option(min=2, help="In at least so many passages.", metavar="NUMBER")
    ] = 3,
    as_json: AsJson = False,
) -> None:
    """List the corrections that reviewers made again and again, as terms for the glossary."""
    from flows.operations.glossing import propose_from_corrections

    session: Session = context.obj
    library = session.library
    proposals = [
        proposal
        for language in [library.target(one) for one in lang or library.target_languages]
        for proposal in propose_from_corrections(library, language, least=least)
    ]
    if as_json:
        print_json([asdict(one) for one in proposals])
    elif proposals:
        _tell_proposals(proposals)
    else:
        say(f"No correction was made in {numbered(least, 'passage')} or more.")


def _tell_proposals(proposals: list[Proposal]) -> None:
    print_table(
        "Proposals",
        ("term", "language", "wording", "instead of", "passages", "for example"),
        [
            (one.term, one.language, one.wording, one.replaced, one.segments, one.examples[0][:60])
            for one in proposals
        ],
    )
    first = proposals[0]
    say(
        "Take one over: newsletter glossary accept "
        f'"{first.term}" {first.language} "{first.wording}"'
    )


def accept(context: typer.Context, term: Term, language: Lang, wording: Wording) -> None:
    """Write a wording into the glossary; all else in its file stays as it is."""
    from flows.operations.glossing import accept_wording

    session: Session = context.obj
    library = session.library
    if accept_wording(library, term, library.target(language), wording):
        say(f"{library.glossary_path}: {term} is {wording} in {language}")
    else:
        say(f"{library.glossary_path} says so already.")
