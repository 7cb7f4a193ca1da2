"""Warnings by the settings: who is told what, by which letter."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from babel import Locale, UnknownLocaleError
from babel.dates import format_timedelta

from flows.domain.delivery import Outcome
from flows.domain.language import Language
from flows.mail.dates import babel_locale
from flows.mail.notice import notice_texts
from flows.operations.library import Library
from flows.operations.times import show_moment
from flows.operations.warning import Addressee, Caution, warn
from flows.runtime.notifying import send_notice
from flows.runtime.runtime import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Warner:
    """Tells one person that a language is not approved."""

    runtime: Runtime

    async def __call__(self, caution: Caution, whom: Addressee) -> Outcome:
        """What the relay said."""
        runtime, issue, now = self.runtime, caution.issue, self.runtime.clock()
        texts = notice_texts(runtime.library.template_folders, language=whom.language)
        written = texts["language"]
        leaves_at = issue.scheduled_at or now
        settings = runtime.settings
        page = f"articles/{issue.slug}/{caution.language}/review"
        return await send_notice(
            runtime,
            "warning",
            language=whom.language,
            to=whom.address,
            url=f"{settings.desk_url}{page}",
            values={
                "language": _named(caution.language, written),
                "title": caution.title,
                "span": _span(caution.leaves_in(now), written),
                "when": _when(leaves_at, issue.zone, now),
                "then": texts[f"warning_{issue.policy}"],
            },
            name=f"{issue.id}/{caution.language}/{caution.hours:g}/{leaves_at}/{whom.address}",
        )


async def warn_by_settings(runtime: Runtime, library: Library) -> list[Caution]:
    """Tell whoever can help of what is not approved shortly before its time; what was told."""
    schedule = runtime.settings.schedule
    return await warn(
        library,
        runtime.store,
        Warner(runtime=runtime),
        warn_hours=schedule.warn_hours,
        besides=schedule.warn,
        now=runtime.clock(),
    )


def _when(leaves_at: datetime, zone: str | None, now: datetime) -> str:
    return show_moment(leaves_at, zone, now=now).rpartition(", ")[0]


def _span(left: timedelta, language: str) -> str:
    # The next larger unit would round 25 hours to a day.
    return format_timedelta(left, threshold=1.6, locale=babel_locale(Language(language)))


def _named(language: Language, written: str) -> str:
    try:
        name = (
            Locale.parse(language, sep="-").get_display_name(babel_locale(Language(written)))
            or language
        )
    except (ValueError, UnknownLocaleError):
        return language
    return name[:1].upper() + name[1:]
