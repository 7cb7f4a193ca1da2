"""Records of evidence on both databases."""

from datetime import timedelta

from flows.store.database import Store
from flows.store.evidence import find_evidence, keep_evidence
from flows.store.reviews import Decision, keep_edition, record_decision
from tests.functional.builders import NL, NOW, SLUG, an_edition


async def approve(store: Store, *, by: str, hours: int, verdict: str = "approved") -> str:
    """Somebody's verdict on the Dutch edition, with a record; the edition's digest."""
    edition = an_edition(NL)
    at = NOW + timedelta(hours=hours)
    async with store.writing() as tx:
        await keep_edition(tx, edition, now=at)
        decision = Decision(
            language=NL, verdict=verdict, digest=edition.digest, by=by, because="", at=at
        )
        number = await record_decision(tx, SLUG, decision)
        await keep_evidence(tx, number, {"approval": {"by": by}, "été": ["«\u00a0»"]})
    return edition.digest


async def test_the_record_in_force_at_a_moment_is_found(store: Store) -> None:
    """The latest approval of the edition, or the latest before a sending began."""
    digest = await approve(store, by="Ada", hours=0)
    await approve(store, by="Ben", hours=2)
    await approve(store, by="Cas", hours=3, verdict="rejected")
    async with store.reading() as tx:
        last = await find_evidence(tx, SLUG, NL, digest=digest)
        then = await find_evidence(tx, SLUG, NL, digest=digest, until=NOW + timedelta(hours=1))
        none = await find_evidence(tx, SLUG, NL, digest="0" * 64)
    assert last == {"approval": {"by": "Ben"}, "été": ["«\u00a0»"]}
    assert then is not None
    assert then["approval"] == {"by": "Ada"}
    assert none is None
