"""The letters of an issue that began: as they were approved, whatever became of the article."""

from starlette.responses import Response

from flows.desk.letters import framed
from flows.desk.looks import Look
from flows.desk.visit import Visit
from flows.domain.errors import NotFoundError
from flows.domain.issue import IssueId
from flows.domain.phrases import Phrase
from flows.mail.holes import fill_html
from flows.operations.delivering import approved_editions


async def show(visit: Visit) -> Response:
    """One language's letter, alone: a document that can do nothing."""
    runtime, issue = visit.runtime, IssueId(visit.named("issue"))
    language = runtime.library.language(visit.named("language"))
    found = (await approved_editions(runtime.store, issue)).get(language)
    if found is None:
        raise NotFoundError(Phrase("{issue} has no letter in this language", issue=issue))
    html = fill_html(found.edition, runtime.reader(issue, 0, language))
    return framed(html, Look.from_query(visit.request.query_params))
