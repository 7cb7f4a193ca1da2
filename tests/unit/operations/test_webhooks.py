import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.domain.hook import Hook, HookId, HookKind, HookState
from flows.operations.webhooks import LONGEST_PAUSE, PATIENCE, Echo, next_attempt, sign_hook
from flows.runtime.hooks import is_public

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
HOOK = {
    "id": HookId(1),
    "event": "evt_1",
    "kind": HookKind.REPORT_READY,
    "happened_at": NOW,
    "body": "{}",
    "url": "https://a.example",
    "state": HookState.WAITING,
    "begun_at": NOW,
    "next_at": NOW,
    "status": 0,
    "words": "",
}


def test_the_signature_is_the_one_that_others_libraries_expect() -> None:
    """The example that the reference implementations are tested with."""
    headers = sign_hook(
        base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        event="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1614265330, UTC),
        body='{"test": 2432232314}',
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(
    chances=st.lists(st.floats(0, 1), min_size=40, max_size=40),
    waits=st.lists(st.integers(0, 10**6), min_size=40, max_size=40),
)
def test_attempts_are_few_and_end_within_a_day(chances: list[float], waits: list[int]) -> None:
    """Whatever chance says, and whatever the other side asks for."""
    at, attempts = NOW, 0
    for chance, wait in zip(chances, waits, strict=True):
        hook = Hook(**HOOK, attempts=attempts)  # type: ignore[arg-type]
        echo = Echo(status=503, wait=timedelta(seconds=wait))
        following = next_attempt(hook, echo, now=at, chance=chance)
        attempts += 1
        if following is None:
            break
        assert timedelta(seconds=7) <= following - at <= LONGEST_PAUSE * 1.25
        at = following

    assert attempts <= 18
    assert at - NOW <= PATIENCE


@given(chance=st.floats(0, 1), attempts=st.integers(0, 10**6))
def test_pauses_grow_up_to_their_longest(chance: float, attempts: int) -> None:
    """And no number of attempts is too large to compute with."""
    later = {**HOOK, "begun_at": NOW}

    def pause(count: int) -> timedelta:
        hook = Hook(**later, attempts=count)  # type: ignore[arg-type]
        following = next_attempt(hook, Echo(status=0), now=NOW, chance=chance)
        assert following is not None
        return following - NOW

    assert pause(attempts) <= pause(attempts + 1) <= LONGEST_PAUSE * 1.25


@pytest.mark.parametrize("status", [200, 204, 299, 410])
def test_what_is_taken_or_gone_is_not_tried_again(status: int) -> None:
    """RFC 9110, section 15.5.11, for the last."""
    hook = Hook(**HOOK, attempts=0)  # type: ignore[arg-type]
    assert next_attempt(hook, Echo(status=status), now=NOW, chance=0.5) is None


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("2002:0a00:0001::1", False),
    ],
)
def test_only_the_world_s_addresses_are_public(address: str, *, public: bool) -> None:
    """Also those that are written inside others."""
    assert is_public(address) is public
