"""The two steps of signing in through a directory: sent there, and come back."""

from hmac import compare_digest
from typing import Final

from starlette.responses import RedirectResponse, Response

from flows.desk.cookies import DIRECTORY
from flows.desk.directory import Attempt, Directory
from flows.desk.faults import refuse
from flows.desk.signing import enter
from flows.desk.visit import Visit
from flows.domain.errors import NotFoundError
from flows.operations.entering import NotLetInError, account_of_identity

ATTEMPT_SECONDS: Final = 600


async def leave_for_directory(visit: Visit) -> Response:
    """Send the browser to the directory, and remember in it what was asked."""
    attempt = Attempt.new()
    address = await _directory(visit).address_for(attempt)
    response = RedirectResponse(address, status_code=303)
    visit.desk.cookies.write_signed(response, DIRECTORY, str(attempt), seconds=ATTEMPT_SECONDS)
    return response


async def come_back(visit: Visit) -> Response:
    """What the directory says of who came back, if this browser went there."""
    directory = _directory(visit)
    attempt = Attempt.parse(visit.desk.cookies.read_signed(visit.request, DIRECTORY))
    code, state = visit.asked("code"), visit.asked("state")
    if attempt is None or not code or not compare_digest(state.encode(), attempt.state.encode()):
        return _forget(visit, refuse(visit, 403))
    try:
        identity = await directory.identify(code, attempt, now=visit.now)
        account = await account_of_identity(visit.runtime.store, identity, now=visit.now)
    except NotLetInError as error:
        return _forget(visit, refuse(visit, 403, detail=visit.words.tell(error.reason)))
    return _forget(visit, await enter(visit, account, how="directory"))


def _directory(visit: Visit) -> Directory:
    if visit.desk.directory is None:
        raise NotFoundError("there is no directory to sign in through")
    return visit.desk.directory


def _forget(visit: Visit, response: Response) -> Response:
    visit.desk.cookies.drop(response, DIRECTORY)
    return response
