"""Reports as Markdown, for the orchestrator's page."""

from collections.abc import Mapping, Sequence
from typing import Any

from flows.domain.delivery import DeliveryState, Tally
from flows.operations.reporting import Report
from flows.translation.usage import EngineReport


def waits_as_markdown(issue: str, waits: Sequence[Mapping[str, Any]]) -> str:
    """What an issue waits for, each with the command that helps."""
    if not waits:
        return f"**{issue}**: every language is approved as it is now."
    lines = [f"- {wait['what']} — `{wait['command']}`" for wait in waits]
    return f"**{issue}** waits for:\n\n" + "\n".join(lines)


def work_as_markdown(title: str, work: Sequence[EngineReport]) -> str:
    """What each engine did, what it cost, and which text left the house."""
    head = "| engine | requests | segments | characters | seconds | known before | trouble |"
    rows = [
        f"| {one.engine} | {one.requests} | {one.segments} | {one.characters} | {one.seconds:.1f} "
        f"| {one.from_cache} | {one.trouble} |"
        for one in work
    ]
    left = [f"- {one.engine}: {one.left_the_house}" for one in work]
    table = [head, "|---|---:|---:|---:|---:|---:|---|", *rows]
    return "\n\n".join([f"# {title}", "\n".join(table), "\n".join(left)])


def report_as_markdown(report: Report, *, page: str = "") -> str:
    """The reconciliation per language and city, with the address of the issue's page."""
    return "\n\n".join(
        [
            f"# {report.issue.id}: {report.issue.state}",
            *([f"[The issue at the desk]({page})"] if page else []),
            f"Audience {report.audience}. {report.issue.reason}".strip(),
            f"Came back: {report.bounced} bounced, {report.complained} complained of.",
            _table("Language", report.counts.by_language | {"all": report.counts.total}),
            _table("City", report.counts.by_city),
        ]
    )


def _table(name: str, rows: Mapping[str, Tally]) -> str:
    used = [state for state in DeliveryState if any(tally[state] for tally in rows.values())]
    head = f"| {name} | {' | '.join(used)} |\n|---|{'---:|' * len(used)}"
    body = "\n".join(
        f"| {key} | {' | '.join(str(tally[state]) for state in used)} |"
        for key, tally in rows.items()
    )
    return f"{head}\n{body}"
