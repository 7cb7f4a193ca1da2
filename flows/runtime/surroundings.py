"""What a newsroom stands on: clock, disk, names, certificates, its pages as the world sees them."""

import ctypes
import shutil
import sys
from datetime import datetime, timedelta
from typing import Final

import httpx

from flows.domain.errors import NewsletterError
from flows.domain.phrases import Phrase
from flows.mail.connection import Relay, certificate_ends
from flows.operations.preflight import Lookup
from flows.runtime.examination import Examination
from flows.runtime.runtime import Runtime
from flows.settings.model import Settings
from flows.store.database import database_time
from flows.translation.checks.departure import Identity, check_sender
from flows.translation.checks.explaining import explain

ROOM_BYTES: Final = 1_000_000_000
SKEW: Final = timedelta(seconds=2)
ENDS_SOON: Final = timedelta(days=14)
PATIENCE_SECONDS: Final = 5.0
UNSYNCHRONISED: Final = 5
"""What adjtimex(2) answers while nothing keeps the clock: TIME_ERROR."""


def examine_disk(settings: Settings) -> Examination:
    """Whether there is room: a full disk stops the ledger, and with it every letter."""
    free = shutil.disk_usage(settings.var).free
    return Examination(
        what="disk",
        ok=free >= ROOM_BYTES,
        found=Phrase("{room:.1f} GB are free in {folder}", room=free / 1e9, folder=settings.var),
        remedy="Make room.",
    )


async def examine_clock(runtime: Runtime) -> Examination:
    """Whether the database's clock and ours agree; on one machine, whether anything keeps it."""
    before = runtime.clock()
    theirs = await database_time(runtime.store)
    skew = timedelta() if theirs is None else _distance(theirs, before, runtime.clock())
    found = Phrase("{seconds:.1f} s from the database's", seconds=skew.total_seconds())
    if theirs is None:
        found = (
            Phrase("kept by a time service") if _is_kept() else Phrase("nobody seems to keep it")
        )
    remedy = "Have a time service keep both machines' clocks (chrony, systemd-timesyncd)."
    return Examination(what="clock", ok=skew <= SKEW, found=found, remedy=remedy)


def _distance(theirs: datetime, before: datetime, after: datetime) -> timedelta:
    """How far a clock is off that was looked at between two times of ours."""
    return max(theirs - after, before - theirs, timedelta())


def _is_kept() -> bool:
    """Whether this machine's clock is kept in time, as far as its kernel knows."""
    if not sys.platform.startswith("linux"):
        return True
    asked = ctypes.create_string_buffer(512)  # a struct timex; all zero, it only asks
    return bool(ctypes.CDLL(None).adjtimex(asked) != UNSYNCHRONISED)


async def examine_records(
    identity: Identity | None, *, lookup: Lookup, reviewer: str
) -> list[Examination]:
    """Whether receiving servers can tell that letters are ours: SPF, DKIM and DMARC in the DNS."""
    if identity is None or identity.trouble:
        return []
    remarks = [
        remark
        for remark in check_sender(identity, await lookup(identity.names))
        if remark.reason != "unsigned"  # the signatures have an examination of their own
    ]
    if not remarks:
        found = Phrase("SPF, DKIM and DMARC are published")
        return [Examination(what="records", ok=True, found=found)]
    return [
        Examination(
            what="records",
            ok=remark.reason == "unknown",
            found=explain(remark, reviewer=reviewer),
            remedy="newsletter dkim show has the record of each key; docs/settings.md the others.",
        )
        for remark in remarks
    ]


async def examine_certificate(relay: Relay, *, now: datetime) -> list[Examination]:
    """Until when the relay's certificate is good, where the way to it is encrypted."""
    try:
        ends = await certificate_ends(relay)
    except NewsletterError:
        return []  # the relay itself was examined, and said why
    if ends is None:
        return []
    return [
        Examination(
            what="certificate",
            ok=ends - now > ENDS_SOON,
            found=Phrase("the relay's is good until {day}", day=ends.date().isoformat()),
            remedy="Have the relay's certificate renewed: without it no letter leaves.",
        )
    ]


async def examine_pages(settings: Settings) -> list[Examination]:
    """Whether the address in letters leads to our pages."""
    base_url = settings.web.base_url.rstrip("/")
    if settings.smtp.mode == "capture" or not base_url.startswith("https://"):
        return []
    try:
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, follow_redirects=False) as client:
            answer = await client.get(f"{base_url}/health")
        trouble = "" if answer.text == "ok\n" else f"HTTP {answer.status_code}"
    except httpx.HTTPError as error:
        trouble = type(error).__name__
    return [
        Examination(
            what="pages",
            ok=not trouble,
            found=Phrase(
                "{base_url} does not lead to our pages: {trouble}",
                base_url=base_url,
                trouble=trouble,
            )
            if trouble
            else Phrase("{base_url} answers", base_url=base_url),
            remedy="Start newsletter up, and let the proxy hand that address to web.port.",
        )
    ]
