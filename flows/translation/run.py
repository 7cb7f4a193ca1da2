"""One run over an article's languages: who may be asked, and what each engine did in it."""

from dataclasses import dataclass, field

import structlog

from flows.domain.language import Language
from flows.translation.cache import AnswerCache
from flows.translation.engines.errors import (
    EngineError,
    EngineUnreachableError,
    UnsupportedPairError,
    is_quota,
)
from flows.translation.engines.protocol import Engine
from flows.translation.switches import Switches
from flows.translation.usage import EngineReport, Usage

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Run:
    """What the languages of a run share.

    `out_of_service` holds the engines that are not to be asked again in it, with what ended their
    work; `errors` the last one of each engine for each target. `switches` may outlive the run.
    `glossary` is the checksum of the terms that engines go by.
    """

    cache: AnswerCache | None = None
    switches: Switches = field(default_factory=Switches)
    glossary: str = ""
    out_of_service: dict[str, EngineError] = field(default_factory=dict)
    errors: dict[tuple[Language, str], EngineError] = field(default_factory=dict)
    usages: dict[tuple[Language, str], Usage] = field(default_factory=dict)

    def usage(self, engine: Engine, target: Language) -> Usage:
        """The engine's account for one language."""
        return self.usages.setdefault((target, engine.name), Usage(engine=engine))

    def may_ask(self, engine: Engine) -> bool:
        """Whether the engine is neither out of service nor resting."""
        return engine.name not in self.out_of_service and self.switches.is_closed(engine.name)

    def note_success(self, engine: Engine, *, requests_before: int) -> None:
        """Notes that the engine answered, if it was asked since it had made so many requests.

        What was known from before says nothing of how it fares now.
        """
        if engine.outlet.requests > requests_before:
            self.switches.note_success(engine.name)

    def note_failure(self, engine: Engine, error: EngineError, *, target: Language) -> bool:
        """Notes why an engine failed; whether it may be asked about another text all the same.

        A passing fault counts towards its rest. A spent quota, which a service that asks for
        patience beyond ours has in effect, a refused key and the like end its work in this run;
        a pair that it does not speak ends it for this language.
        """
        log.warning("engine_failed", engine=error.engine, reason=error.reason)
        self.errors[target, engine.name] = error
        if isinstance(error, UnsupportedPairError):
            return False
        if isinstance(error, EngineUnreachableError) and not is_quota(error):
            return not self.switches.note_failure(engine.name, at_once=error.nobody_there)
        self.out_of_service[engine.name] = error
        return False

    def error_of(self, engine: str, target: Language) -> EngineError | None:
        """What kept the engine from a part of its work for a language, if anything did."""
        error = self.errors.get((target, engine)) or self.out_of_service.get(engine)
        if error is None and not self.switches.is_closed(engine):
            reason = "it failed several times in a row and rests for a moment"
            return EngineUnreachableError(engine, reason)
        return error

    def reports(self, target: Language) -> tuple[EngineReport, ...]:
        """What each engine did for a language, in the order of their first request."""
        return tuple(
            usage.report(self.error_of(name, target))
            for (language, name), usage in self.usages.items()
            if language == target
        )
