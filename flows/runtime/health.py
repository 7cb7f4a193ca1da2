"""What would fail if it were needed now, and how to mend it."""

import asyncio

from flows.domain.errors import InputError, NewsletterError
from flows.domain.hook import HookState
from flows.domain.phrases import Phrase
from flows.mail.capture import Outbox
from flows.mail.records import published_texts
from flows.mail.transport import Transport
from flows.operations.webhooks import hooks_in
from flows.orchestration.server import PrefectServer
from flows.runtime.examination import Examination
from flows.runtime.identity import identity_of
from flows.runtime.returning import box_trouble, boxes_of
from flows.runtime.runtime import Runtime, open_runtime
from flows.runtime.surroundings import (
    examine_certificate,
    examine_clock,
    examine_disk,
    examine_pages,
    examine_records,
)
from flows.settings.model import Settings
from flows.store.database import database_faults

MANY = 1000


async def examine(settings: Settings, *, server: PrefectServer | None) -> list[Examination]:
    """Examine each part by really using it, and what it stands on."""
    examined = [
        Examination(
            what="settings",
            ok=True,
            found=str(settings.workspace / "newsletter.toml"),
        )
    ]
    try:
        with database_faults(settings.database_url):
            async with open_runtime(settings) as runtime:
                where = runtime.store.engine.url.render_as_string()
                examined.append(Examination(what="database", ok=True, found=where))
                examined.append(await examine_clock(runtime))
                examined.append(examine_disk(settings))
                examined += await _examine_relay(runtime)
                examined += _examine_log(runtime)
                examined += _examine_identity(settings)
                examined += await examine_pages(settings)
                examined += _examine_signatures(runtime)
                examined += await examine_records(
                    identity_of(runtime),
                    lookup=published_texts,
                    reviewer=settings.review.language,
                )
                examined += await _examine_returns(settings)
                examined += await _examine_webhooks(runtime)
                examined.append(await _examine_engine(runtime))
    except NewsletterError as error:
        examined.append(
            Examination(
                what="database",
                ok=False,
                found=error.sentence,
                remedy="Mend database_url, or start the database; then: newsletter db upgrade",
            )
        )
    examined.append(_examine_prefect(server))
    return examined


async def _examine_relay(runtime: Runtime) -> list[Examination]:
    if runtime.settings.smtp.mode == "capture":
        outbox: Outbox = runtime.outbox
        found = Phrase("capture: letters stay in {folder}, nobody is mailed", folder=outbox.folder)
        return [Examination(what="relay", ok=True, found=found)]
    relay = runtime.relay()
    try:
        await Transport(relay=relay, connections=1).greet()
    except NewsletterError as error:
        return [
            Examination(
                what="relay",
                ok=False,
                found=error.sentence,
                remedy="Mend [smtp] in newsletter.toml: host, port, security, username.",
            )
        ]
    where = f"{relay} ({relay.security})"
    return [
        Examination(what="relay", ok=True, found=where),
        *await examine_certificate(relay, now=runtime.clock()),
    ]


def _examine_log(runtime: Runtime) -> list[Examination]:
    """Whether the relay's log, if it is to settle doubts, can be read as one."""
    postfix = runtime.postfix_log()
    if postfix is None:
        return []
    trouble = postfix.trouble()
    return [
        Examination(
            what="relay's log",
            ok=not trouble,
            found=trouble or Phrase("{path} settles doubts", path=postfix.path),
            remedy="Mend smtp.postfix_log, or let this user read the file (Debian: group adm).",
        )
    ]


def _examine_identity(settings: Settings) -> list[Examination]:
    """Whether real letters come from somebody and lead somewhere; RFC 8058 asks for https."""
    if settings.smtp.mode == "capture":
        return []
    address, base_url = settings.sender.address, settings.web.base_url
    return [
        Examination(
            what="sender",
            ok=not address.endswith(("example.org", ".test")),
            found=address,
            remedy="Set sender.address in newsletter.toml to a mailbox of yours.",
        ),
        Examination(
            what="links",
            ok=base_url.startswith("https://"),
            found=base_url,
            remedy="Set web.base_url to the https:// address of the public pages.",
        ),
    ]


def _examine_signatures(runtime: Runtime) -> list[Examination]:
    """Whether every key that is to sign letters can; without any, large receivers refuse them."""
    settings = runtime.settings
    if not settings.dkim.keys:
        if settings.smtp.mode == "capture":
            return []
        remedy = Phrase("Make keys: newsletter dkim new")
        found = Phrase("letters are not signed (DKIM)")
        return [Examination(what="signatures", ok=False, found=found, remedy=remedy)]
    try:
        keys = runtime.dkim_keys()
    except InputError as error:
        return [
            Examination(
                what="signatures",
                ok=False,
                found=f"{error.path}: {error.sentence}",
                remedy="Mend [dkim], or its files.",
            )
        ]
    names = ", ".join(f"{key.dns_record()[0]} ({key.algorithm})" for key in keys)
    return [Examination(what="signatures", ok=True, found=names)]


async def _examine_webhooks(runtime: Runtime) -> list[Examination]:
    """Whether other programs can be told, and were."""
    settings = runtime.settings.webhooks
    if not settings.urls:
        return []
    remedy = Phrase("Make a secret: newsletter webhooks secret. Set NEWSLETTER_WEBHOOKS__SECRET.")
    if settings.secret is None:
        return [Examination(what="webhooks", ok=False, found="no secret to sign", remedy=remedy)]
    given_up = await hooks_in(runtime.store, {HookState.GIVEN_UP}, limit=MANY)
    found = Phrase(
        "{addresses} addresses, {given_up} deliveries given up",
        addresses=len(settings.urls),
        given_up=len(given_up),
    )
    remedy = Phrase("newsletter webhooks list, then redeliver")
    return [
        Examination(
            what="webhooks", ok=not given_up, found=found, remedy=remedy if given_up else ""
        )
    ]


async def _examine_returns(settings: Settings) -> list[Examination]:
    """Whether somebody reads what comes back, and each box can be opened."""
    domain = settings.sender.bounce_domain
    if not settings.bounces.are_read:
        remedy = Phrase(
            "Name a place in [bounces]: maildir, imap or listener; docs/settings.md has them."
        )
        found = Phrase("nobody reads what comes back to {domain}", domain=domain)
        return [Examination(what="returns", ok=False, found=found, remedy=remedy)] if domain else []
    examined = []
    for box in boxes_of(settings):
        trouble = await asyncio.to_thread(box_trouble, box)
        examined.append(
            Examination(
                what=box.name,
                ok=not trouble,
                found=trouble or Phrase("can be read"),
                remedy=Phrase("Mend [bounces] in newsletter.toml.") if trouble else "",
            )
        )
    if not domain:
        remedy = Phrase("Set sender.bounce_domain; nothing else proves whose letter came back.")
        found = Phrase("letters have no return paths of their own")
        examined.append(Examination(what="returns", ok=False, found=found, remedy=remedy))
    return examined


async def _examine_engine(runtime: Runtime) -> Examination:
    name = runtime.settings.engine.name
    try:
        engine = runtime.engine(name, runtime.library.languages[-1])
        try:
            found = await engine.check()
        finally:
            await engine.close()
    except NewsletterError as error:
        return Examination(
            what="engine",
            ok=False,
            found=error.sentence,
            remedy="Set engine.name, engine.url, engine.fallback; or work with `memory` alone.",
        )
    return Examination(
        what="engine", ok=True, found=Phrase("{name}: {found}", name=name, found=found)
    )


def _examine_prefect(server: PrefectServer | None) -> Examination:
    if server is None:
        return Examination(
            what="newsroom",
            ok=True,
            found="not running: publish works, schedules wait for `newsletter up`",
        )
    try:
        server.healthy()
    except NewsletterError as error:
        return Examination(
            what="newsroom", ok=False, found=error.sentence, remedy="Start it again: newsletter up"
        )
    return Examination(
        what="newsroom", ok=True, found=Phrase("Prefect at {api_url}", api_url=server.api_url)
    )
