"""What the settings say about people's data: who answers for it, and how long it is kept."""

from flows.operations.register import Controller
from flows.operations.retaining import Spans
from flows.runtime.runtime import Runtime


def spans_of(runtime: Runtime) -> Spans:
    """For how many days what is kept."""
    settings = runtime.settings
    return Spans(
        confirm_days=settings.subscription.confirm_days,
        **settings.retention.model_dump(exclude={"automatic"}),
    )


def controller_of(runtime: Runtime) -> Controller:
    """Who answers for the data, and to whom letters are handed over."""
    privacy, smtp = runtime.settings.privacy, runtime.settings.smtp
    return Controller(
        name=privacy.controller,
        contact=privacy.contact,
        officer=privacy.officer,
        policy_url=privacy.policy_url,
        relay="of this machine (nobody is mailed)" if smtp.mode == "capture" else smtp.host,
    )
