"""The statements of a sender's turn, compiled once; see `flows.store.turns`."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    Update,
    bindparam,
    case,
    cast,
    column,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId, IssueState
from flows.store.columns import Moment
from flows.store.tables import deliveries, issues, suppressions

STATE = DeliveryState
OPEN_TO_ITS_SENDER: Final = or_(
    deliveries.c.state == STATE.CLAIMED, deliveries.c.state == STATE.UNKNOWN
)
"""A sender's own word also counts where recovery has taken its letter for a doubt meanwhile."""
BEING_SENT: Final = (IssueState.SENDING, IssueState.INCOMPLETE)
"""A run that found nothing due calls the issue incomplete; another that holds letters goes on."""


def cancel_waiting(issue: IssueId, *, now: datetime) -> Update:
    """The statement that cancels what waits of an issue."""
    return (
        update(deliveries)
        .where(deliveries.c.issue == issue, deliveries.c.state.in_((STATE.PENDING, STATE.DEFERRED)))
        .values(state=STATE.CANCELLED, claim=None, next_at=None, settled_at=now)
    )


def _due() -> list[ColumnElement[bool]]:
    issue_state = select(issues.c.state).where(issues.c.id == bindparam("of_issue"))
    return [
        deliveries.c.issue == bindparam("of_issue"),
        deliveries.c.next_at <= bindparam("at", type_=Moment),
        issue_state.scalar_subquery().in_(BEING_SENT),
    ]


def _take() -> Update:
    # A CTE runs once; on PostgreSQL a subquery in IN may run for every row, and exceed the limit.
    chosen = (
        select(deliveries.c.id)
        .where(*_due())
        .order_by(deliveries.c.next_at, deliveries.c.id)
        .limit(bindparam("at_most"))
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    opted_out = exists().where(suppressions.c.address_hash == deliveries.c.address_hash)
    at = bindparam("at", type_=Moment)
    return (
        update(deliveries)
        .where(deliveries.c.id.in_(select(chosen.c.id)))
        .values(
            state=case((opted_out, STATE.SUPPRESSED), else_=STATE.CLAIMED),
            settled_at=case((opted_out, at), else_=None),
            claim=bindparam("owner"),
            lease_until=bindparam("until"),
            sending_at=at,
            next_at=None,
            attempt=deliveries.c.attempt + 1,
        )
        .returning(
            deliveries.c.id,
            deliveries.c.contact,
            deliveries.c.mailbox,
            deliveries.c.name,
            deliveries.c.language,
            deliveries.c.message_id,
            deliveries.c.attempt,
            deliveries.c.state,
        )
    )


def _settle(**said: ColumnElement[Any]) -> Update:
    """One statement for a whole group, whose answers come as one JSON document."""
    return (
        update(deliveries)
        .where(
            deliveries.c.id == said["delivery"],
            deliveries.c.claim == bindparam("owner"),
            OPEN_TO_ITS_SENDER,
        )
        .values(
            state=said["state"],
            code=said["code"],
            reply=said["reply"],
            settled_at=bindparam("at", type_=Moment),
        )
    )


def _settle_on_sqlite() -> Update:
    rows = func.json_each(bindparam("rows")).table_valued("value")
    names = ("delivery", "state", "code", "reply")
    said = {
        name: func.json_extract(rows.c.value, f"$[{place}]") for place, name in enumerate(names)
    }
    return _settle(**said)


def _settle_on_postgresql() -> Update:
    rows = func.jsonb_array_elements(cast(bindparam("rows", type_=Text), JSONB)).table_valued(
        column("value", JSONB)
    )
    value = rows.c.value
    return _settle(
        delivery=cast(value[0].astext, Integer),
        state=value[1].astext,
        code=cast(value[2].astext, Integer),
        reply=value[3].astext,
    )


TAKE = _take()
ANYTHING_DUE = select(deliveries.c.id).where(*_due()).limit(1)
SETTLE = {"sqlite": _settle_on_sqlite(), "postgresql": _settle_on_postgresql()}
TRY_AGAIN = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery"),
        deliveries.c.claim == bindparam("owner"),
        deliveries.c.state == STATE.DEFERRED,
    )
    .values(next_at=bindparam("to_next"))
)
POSTPONE = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery"),
        deliveries.c.claim == bindparam("owner"),
        OPEN_TO_ITS_SENDER,
    )
    .values(
        state=STATE.PENDING,
        claim=None,
        lease_until=None,
        sending_at=None,
        next_at=bindparam("to_next"),
        attempt=deliveries.c.attempt - 1,
    )
)
