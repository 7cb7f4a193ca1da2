from collections.abc import Mapping
from enum import StrEnum

import pytest

from flows.domain import delivery, issue
from flows.domain.delivery import SETTLED, DeliveryState
from flows.domain.issue import FROZEN, OPEN, IssueState

TABLES: list[Mapping[StrEnum, frozenset[StrEnum]]] = [issue.ALLOWED_MOVES, delivery.ALLOWED_MOVES]  # type: ignore[list-item]  # a dict's key type is invariant


@pytest.mark.parametrize("table", TABLES)
def test_every_state_has_its_line(table: Mapping[StrEnum, frozenset[StrEnum]]) -> None:
    """A state without a line would raise where a refusal is meant."""
    (kind,) = {type(state) for state in table}
    assert set(table) == set(kind)


@pytest.mark.parametrize("table", TABLES)
def test_no_state_leads_to_itself(table: Mapping[StrEnum, frozenset[StrEnum]]) -> None:
    """Staying is no move."""
    assert [state for state, following in table.items() if state in following] == []


@pytest.mark.parametrize(
    ("table", "first"),
    [
        (issue.ALLOWED_MOVES, IssueState.DRAFT),
        (delivery.ALLOWED_MOVES, DeliveryState.PENDING),
    ],
)
def test_every_state_can_be_reached(
    table: Mapping[StrEnum, frozenset[StrEnum]], first: StrEnum
) -> None:
    """A state that nothing leads to is a mistake in the table."""
    reached, border = {first}, [first]
    while border:
        border = [state for state in table[border.pop()] if state not in reached] + border
        reached.update(border)
    assert reached == set(table)


def test_what_is_over_stays_over() -> None:
    """A cancelled issue, an accepted, suppressed or cancelled letter never changes."""
    ends = {state for state, following in delivery.ALLOWED_MOVES.items() if not following}
    assert ends == SETTLED - {DeliveryState.REFUSED}
    assert {state for state, following in issue.ALLOWED_MOVES.items() if not following} == {
        IssueState.CANCELLED
    }


def test_a_frozen_issue_never_goes_back_to_review() -> None:
    """Some readers have its letters already."""
    before = OPEN - FROZEN
    for state in FROZEN:
        assert not issue.ALLOWED_MOVES[state] & before, state


def test_a_refused_letter_waits_only_for_a_person() -> None:
    """No state but `pending` follows a refusal."""
    assert delivery.ALLOWED_MOVES[DeliveryState.REFUSED] == {DeliveryState.PENDING}


def test_what_was_begun_is_neither_cancelled_nor_suppressed() -> None:
    """The relay may have it: only its answer, or a doubt, follows; or nothing was handed over."""
    assert not delivery.ALLOWED_MOVES[DeliveryState.CLAIMED] & {
        DeliveryState.CANCELLED,
        DeliveryState.SUPPRESSED,
    }
