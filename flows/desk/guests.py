"""Review links: whoever got one by mail comes in with it, once."""

from starlette.responses import Response

from flows.desk.cookies import VISIT
from flows.desk.visit import Visit
from flows.operations.inviting import guest_of, let_guest_in


async def greet(visit: Visit) -> Response:
    """What the link is for. Looking uses nothing up: mail scanners follow every link."""
    guest = await guest_of(visit.runtime.store, visit.named("token"), now=visit.now)
    return visit.page(
        "invitation.html",
        status=200 if guest else 410,
        guest=guest,
        title=visit.runtime.library.article(guest.slug).front.title if guest else "",
    )


async def begin(visit: Visit) -> Response:
    """Use the link up, and go to what there is to review."""
    begun = await let_guest_in(
        visit.runtime.store,
        visit.named("token"),
        lifetime=visit.desk.lifetime,
        now=visit.now,
        instead_of=visit.desk.cookies.read(visit.request, VISIT),
    )
    if begun is None:
        return await greet(visit)
    token, guest = begun
    response = visit.go(f"/articles/{guest.slug}/{guest.language}/review")
    visit.desk.cookies.write(response, VISIT, token)
    return response
