"""Publishing an article, as `newsletter publish` does: translate, ask, send what is approved."""

from flows.desk.api.call import HERE, Call, Reply
from flows.desk.api.issues import standing_of
from flows.desk.api.shapes import Publish, Published
from flows.domain.errors import InputError, TransientError
from flows.domain.issue import IssueId
from flows.operations.idempotence import digest_of
from flows.operations.launching import publish_article
from flows.runtime.timing import wish_of
from flows.store.issues import get_issue
from flows.translation.engines.factory import ENGINE_NAMES


async def publish(call: Call) -> Reply:
    """Open the issue, or find the one there is, and have the newsroom bring it on its way."""
    asked, runtime = call.body(Publish), call.runtime
    if asked.engine is not None and asked.engine not in ENGINE_NAMES:
        raise InputError(
            f"there is no engine called {asked.engine!r}",
            field="engine",
            remedy=f"Engines: {', '.join(ENGINE_NAMES)}.",
        )
    server = runtime.newsroom_server()
    if server is None:
        raise TransientError("no newsroom is running: newsletter up")
    opened, run = await publish_article(
        call.library,
        runtime.store,
        server,
        asked.slug,
        lists=asked.lists,
        engine=asked.engine,
        wish=wish_of(runtime.settings, at=asked.at, policy=asked.policy, send_late=asked.send_late),
        usual=runtime.settings.schedule.policy,
        now=call.now,
        by=call.name,
        # The same request again, by whatever way, is the same run.
        key=digest_of(str(call.token.id).encode(), call.key.encode()),
    )
    async with runtime.store.reading() as tx:
        issue = await get_issue(tx, IssueId(opened.id))
    standing = await standing_of(call, issue)
    return Reply(
        content=Published(**dict(standing), run=run),
        status=202 if run else 200,
        headers={"Location": f"{HERE}/issues/{issue.id}"},
    )
