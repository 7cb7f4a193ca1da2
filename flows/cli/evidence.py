"""The command for evidence: who wrote and approved what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.articles import Languages
from flows.cli.checking import Reviewer
from flows.cli.session import AsJson, Session, print_json, say

if TYPE_CHECKING:
    from flows.runtime.runtime import Runtime


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evidence")(evidence)


def evidence(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="An issue, or an article.", metavar="ISSUE|SLUG")],
    out: Annotated[Path, typer.Option(help="Folder for the records.", metavar="DIR")],
    lang: Languages = None,
    reader: Reviewer = None,
    as_json: AsJson = False,
) -> None:
    """Write who drafted, changed and approved each passage, bound to the edition's hash."""
    from flows.operations.records import records_of, write_records

    session: Session = context.obj

    async def look(runtime: Runtime) -> list[dict[str, Any]]:
        languages = [runtime.library.language(one) for one in lang or []]
        return await records_of(runtime.library, runtime.store, name, languages)

    records = session.do(look)
    files = write_records(
        records,
        out,
        template_folders=session.library.template_folders,
        reviewer=reader or session.settings.review.language,
    )
    if as_json:
        print_json(
            [
                {
                    "language": record["language"],
                    "edition": record["edition"]["sha256"],
                    "approved_by": (record["approval"] or {}).get("by"),
                    "files": [str(path) for path in pair],
                    "sha256": record["sha256"],
                }
                for record, pair in zip(
                    records, zip(files[::2], files[1::2], strict=True), strict=True
                )
            ]
        )
        return
    for path in files:
        say(str(path))
