"""What must be so before an issue leaves: its audience and its sender."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.translation.checks.departure import Identity, check_audience, check_sender

KEY = "k1._domainkey.efus.example"
RECORD = "v=DKIM1; k=ed25519; p=abcdef"
WHO = Identity(
    author_domain="lettre.efus.example",
    envelope_domain="bounces.efus.example",
    keys={KEY: RECORD},
)
SOUND: Mapping[str, Sequence[str] | None] = {
    KEY: ("v=DKIM1; k=ed25519; p=abc def",),
    "bounces.efus.example": ("google-site=1", "v=spf1 mx -all"),
    "_dmarc.lettre.efus.example": (),
    "_dmarc.efus.example": ("v=DMARC1; p=none",),
}


@pytest.mark.parametrize(
    ("recipients", "before", "reasons"),
    [
        (100, [], []),
        (100, [100], []),
        (70, [100], []),
        (69, [100], ["fewer"]),
        (130, [100], []),
        (131, [100], ["more"]),
        (100, [1, 100, 10_000], []),
        (0, [], ["nobody"]),
        (0, [100], ["nobody"]),
    ],
)
def test_an_audience_is_compared_with_the_middle_of_the_last_ones(
    recipients: int, before: list[int], reasons: list[str]
) -> None:
    """30 % more or less is worth a look; nobody at all is an error."""
    assert [one.reason for one in check_audience(recipients, before=before)] == reasons


@given(
    recipients=st.integers(1, 10**6),
    before=st.lists(st.integers(1, 10**6), min_size=1, max_size=5),
)
def test_an_unusual_audience_is_told_in_the_right_direction(
    recipients: int, before: list[int]
) -> None:
    """Never both, and never where the last ones were alike."""
    reasons = [one.reason for one in check_audience(recipients, before=before)]
    if reasons == ["fewer"]:
        assert recipients < max(before)
    elif reasons == ["more"]:
        assert recipients > min(before)
    else:
        assert reasons == []


Records = Mapping[str, Sequence[str] | None]


def judged(changes: Records | None = None, *, identity: Identity = WHO) -> list[tuple[str, str]]:
    """Reason and weight of each remark, with other records than the sound ones."""
    published = {**SOUND, **(changes or {})}
    return [(one.reason, one.severity.value) for one in check_sender(identity, published)]


def test_a_sender_whose_records_are_all_there_draws_no_remark() -> None:
    """The policy of the domain above counts (RFC 7489, section 6.6.3)."""
    assert judged() == []
    assert set(WHO.names) >= SOUND.keys()


def test_a_key_that_is_not_published_or_another_is_an_error() -> None:
    """Every letter would fail; of several records one must be the key's."""
    assert judged({KEY: ()}) == [("unpublished", "error")]
    assert judged({KEY: ("v=DKIM1; p=other",)}) == [("other-key", "error")]
    assert judged({KEY: ("v=DKIM1; p=",)}) == [("other-key", "error")]
    assert judged({KEY: ("v=DKIM1; p=other", RECORD)}) == []


def test_where_nobody_answers_nothing_is_claimed() -> None:
    """Unknown is neither good nor an error."""
    assert {one[0] for one in judged(dict.fromkeys(SOUND))} == {"unknown"}


def test_letters_that_are_not_signed_here_need_a_relay_that_signs() -> None:
    """That is a warning: it may well."""
    unsigned = Identity(
        author_domain=WHO.author_domain, envelope_domain=WHO.envelope_domain, keys={}
    )
    assert judged(identity=unsigned) == [("unsigned", "warning")]


def test_missing_policies_are_warnings() -> None:
    """SPF for the envelope (RFC 7208), DMARC for the author (RFC 7489)."""
    assert judged({"bounces.efus.example": ("v=other",)}) == [("spf", "warning")]
    assert judged({"_dmarc.efus.example": ()}) == [("dmarc", "warning")]
