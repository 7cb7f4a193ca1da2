"""Records of evidence: looked up for an issue or an article, and written for people to keep."""

import json
from collections.abc import Sequence
from pathlib import Path

from flows.domain.article import Slug
from flows.domain.errors import InputError, NotDoneError
from flows.domain.evidence import SignOff
from flows.domain.issue import FROZEN, Issue, IssueId
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.mail.templates import open_templates, render_template
from flows.operations.evidence import Record, as_record, seal, take_evidence
from flows.operations.library import Library
from flows.store.database import Store, Transaction
from flows.store.evidence import find_evidence
from flows.store.issues import find_issues, frozen_editions, get_issue
from flows.store.reviews import Decision, last_decisions

TEMPLATE = "evidence/record.html"
LIVE = "catalogue"
"""Where a record is taken from that was not kept with an approval."""


async def records_of(
    library: Library, store: Store, name: str, languages: Sequence[Language]
) -> list[Record]:
    """The sealed records of an issue, or of an article as it is now; all its languages if none.

    Raises `NotDoneError` for an issue whose editions are not fixed yet, or whose approvals are of
    before evidence was kept and whose article has changed since.
    """
    async with store.reading() as tx:
        if IssueId(name) in {issue.id for issue in await find_issues(tx)}:
            found = await _of_issue(library, tx, await get_issue(tx, IssueId(name)), languages)
        else:
            found = await _of_article(library, tx, name, languages or library.languages)
    return [seal(record) for record in found]


async def _of_issue(
    library: Library, tx: Transaction, issue: Issue, languages: Sequence[Language]
) -> list[Record]:
    editions = await frozen_editions(tx, issue.id)
    if issue.state not in FROZEN or not editions:
        raise NotDoneError(
            Phrase(
                "{issue} is {state}: nothing of it is fixed yet", issue=issue.id, state=issue.state
            ),
            waiting_for=(f"newsletter evidence {issue.slug} --out DIR",),
        )
    records = []
    for language, frozen in editions.items():
        if languages and language not in languages:
            continue
        record = await find_evidence(
            tx, issue.slug, language, digest=frozen.digest, until=issue.started_at
        )
        record = record or await _live(library, tx, issue.slug, language)
        if record["edition"]["sha256"] != frozen.digest:
            raise NotDoneError(
                Phrase(
                    "the {language} edition of {issue} was approved before evidence was kept, and "
                    "its article has changed since",
                    language=language,
                    issue=issue.id,
                )
            )
        records.append(record | {"sending": _sending(issue)})
    return records


def _sending(issue: Issue) -> Record:
    begun, ended = issue.started_at, issue.finished_at
    return {
        "issue": issue.id,
        "state": issue.state.value,
        "lists": list(issue.lists),
        "started_at": begun.isoformat() if begun else None,
        "finished_at": ended.isoformat() if ended else None,
    }


async def _of_article(
    library: Library, tx: Transaction, slug: str, languages: Sequence[Language]
) -> list[Record]:
    article = library.article(slug)
    records = []
    for language in languages:
        digest = library.edition(slug, language).digest
        kept = await find_evidence(tx, article.slug, language, digest=digest)
        is_last = await _last_word(tx, article.slug, language, digest)
        records.append(kept if kept and is_last else await _live(library, tx, slug, language))
    return records


async def _last_word(
    tx: Transaction, slug: Slug, language: Language, digest: str
) -> Decision | None:
    """The approval of this very edition, unless a later word took it back."""
    decision = (await last_decisions(tx, slug)).get(language)
    approves = decision and decision.verdict == "approved" and decision.digest == digest
    return decision if approves else None


async def _live(library: Library, tx: Transaction, slug: str, language: Language) -> Record:
    """The record that the catalogue gives now, with the approval if it is of this very edition."""
    article, edition = library.article(slug), library.edition(slug, language)
    is_source = language == library.source_language
    decision = await _last_word(tx, article.slug, language, edition.digest)
    evidence = take_evidence(
        article,
        edition,
        None if is_source else library.synchronised(article, language),
        source_language=library.source_language,
        sign_off=SignOff(by=decision.by, at=decision.at, two_people=None) if decision else None,
    )
    return as_record(evidence) | {"taken_from": LIVE}


def write_records(
    records: Sequence[Record],
    folder: Path,
    *,
    template_folders: Sequence[Path],
    reviewer: str = "en",
) -> list[Path]:
    """Write `<name>.<language>.json` and a page that says the same; the files, in pairs."""
    templates = open_templates(template_folders)
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for record in records:
            name = record["sending"]["issue"] if record["sending"] else record["article"]
            facts = folder / f"{name}.{record['language']}.json"
            facts.write_text(
                json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
            )
            page = facts.with_suffix(".html")
            page.write_text(
                render_template(templates, TEMPLATE, {"record": record, "reader": reviewer}),
                encoding="utf-8",
            )
            written += [facts, page]
    except OSError as error:
        raise InputError(
            Phrase("cannot be written: {reason}", reason=error.strerror),
            path=folder,
            field="--out",
        ) from None
    return written
