"""The letters between a sender and its connections."""

from flows.domain.delivery import DeliveryState, Outcome
from flows.mail.dialogue import Envelope
from flows.mail.outgoing import Outgoing


def a_letter(number: int) -> Envelope:
    """A letter."""
    return Envelope("a@example.org", f"r{number}@example.org", b"", number)


def test_a_letter_that_waited_too_long_is_returned_and_the_next_one_goes() -> None:
    """Its sender slept, and by now somebody else may have sent it."""
    outgoing = Outgoing(stale=lambda letter: letter.delivery == 1)
    outgoing.add([a_letter(1), a_letter(2)])
    assert outgoing.take() == a_letter(2)
    assert [one.delivery for one in outgoing.returned] == [1]
    assert outgoing.open == 1
    assert outgoing.withdrawn(a_letter(1))
    assert not outgoing.withdrawn(a_letter(2))


def test_a_letter_is_settled_when_a_second_connection_broke_under_it() -> None:
    """It waits, so that it does not break all connections one after the other."""
    outgoing = Outgoing()
    outgoing.add([a_letter(1)])
    for _ in range(2):
        letter = outgoing.take()
        assert letter is not None
        outgoing.give_back(letter, blamed="the connection was lost")
    ((letter, outcome),) = outgoing.answers
    assert (letter.delivery, outcome.state) == (1, DeliveryState.DEFERRED)


def test_letters_added_after_a_stop_are_returned() -> None:
    """The ledger learns that nothing of them was handed over."""
    outgoing = Outgoing()
    outgoing.stop()
    outgoing.add([a_letter(1)])
    assert outgoing.take() is None
    assert [one.delivery for one in outgoing.returned] == [1]


async def test_waiting_ends_when_everything_is_answered() -> None:
    """Also when that is less than what was hoped for."""
    outgoing = Outgoing()
    outgoing.add([a_letter(1)])
    letter = outgoing.take()
    assert letter is not None
    outgoing.settle(letter, Outcome(state=DeliveryState.ACCEPTED, code=250))
    await outgoing.wait(enough=10, at_most_seconds=60)
    assert outgoing.open == 0
