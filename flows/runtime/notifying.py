"""Single letters by the settings: composed, signed, handed to the relay."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.domain.delivery import Outcome
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.mail.dialogue import Envelope
from flows.mail.notice import NoticeKind, compose_notice, write_notice
from flows.operations.answering import Answering
from flows.operations.wishes import Rules
from flows.runtime.runtime import Runtime

PATHS = {"confirm": "c", "preferences": "p", "data": "d", "renew": "r"}
"""Where the links of each purpose lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Sends one letter at a time: they are few, and each wants its own answer."""

    runtime: Runtime

    async def __call__(
        self,
        kind: NoticeKind,
        *,
        language: Language,
        to: str,
        url: str,
        lists: str,
        name: str,
    ) -> Outcome:
        """What the relay said; the same `name` gives the same Message-ID."""
        settings = self.runtime.settings
        days = (
            settings.retention.renewal_days
            if kind == "renew"
            else settings.subscription.confirm_days
        )
        values = {"lists": lists, "days": str(days)}
        return await send_notice(
            self.runtime, kind, language=language, to=to, url=url, values=values, name=name
        )


async def send_notice(
    runtime: Runtime,
    kind: NoticeKind,
    *,
    language: Language,
    to: str,
    url: str,
    values: Mapping[str, str],
    name: str,
) -> Outcome:
    """Write a letter to one person and hand it over; what the relay said of it."""
    now, head = runtime.clock(), runtime.letterhead(language)
    network = runtime.settings.privacy.controller or head.sender.name
    notice = compose_notice(
        kind,
        language=language,
        url=url,
        values={**values, "network": network},
        at=now,
        sender=head.sender,
        template_folders=runtime.library.template_folders,
        theme=runtime.library.theme,
    )
    letter = write_notice(
        notice,
        sender=head.sender,
        to=to,
        message_id=runtime.message_id(IssueId("notice"), name),
        date=now,
    )
    if sign := runtime.sign():
        letter = sign(letter, now)
    envelope = Envelope(mail_from=runtime.mail_from, rcpt_to=to, letter=letter)
    async with runtime.transport(connections=1) as transport:
        return await transport.send(envelope)


def rules_of(runtime: Runtime) -> Rules:
    """How forms are taken and answered."""
    wanted = runtime.settings.subscription
    return Rules(**{name: getattr(wanted, name) for name in Rules.__slots__})


def answering_of(runtime: Runtime) -> Answering:
    """What answering the public forms takes."""

    def link(purpose: str, payload: str, language: Language) -> str:
        base = runtime.letterhead(language).base_url
        token = runtime.link(purpose, payload)
        return f"{base}/{PATHS[purpose]}/{token}?lang={language}"

    return Answering(
        store=runtime.store,
        notify=Notifier(runtime=runtime),
        link=link,
        rules=rules_of(runtime),
        clock=runtime.clock,
    )
