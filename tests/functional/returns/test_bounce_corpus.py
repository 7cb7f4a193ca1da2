"""Real bounces of twenty years, read from a Maildir as the product does."""

from pathlib import Path

import pytest

from flows.domain.returned import ReturnKind
from flows.mail.maildir import MaildirBox
from flows.mail.returned import ReturnReader
from tests.functional.builders import KEY
from tests.functional.returned_mail import deliver_to, return_path
from tests.services.bounce_corpus import CorpusMissingError, read_corpus

K = ReturnKind
FAILURES = {K.HARD, K.SOFT, K.POLICY, K.NOTICE}

KNOWN = {
    "aol_01": K.POLICY,
    "bounce_01": K.SOFT,
    "dsn_01": K.SOFT,
    "dsn_02": K.SOFT,
    "dsn_03": K.POLICY,
    "dsn_05": K.NOTICE,
    "dsn_10": K.HARD,
    "dsn_11": K.HARD,
    "dsn_14": K.HARD,
    "dsn_16": K.HARD,
    "exim_01": K.HARD,
    "groupwise_01": K.HARD,
    "hotpop_01": K.SOFT,
    "microsoft_01": K.HARD,
    "netscape_01": K.SOFT,
    "postfix_01": K.HARD,
    "postfix_02": K.SOFT,
    "postfix_04": K.SOFT,
    "qmail_03": K.HARD,
    "qmail_06": K.SOFT,
    "qmail_08": K.AUTO_REPLY,
    "sendmail_01": K.SOFT,
    "simple_03": K.NOTICE,
    "simple_05": K.HARD,
    "simple_07": K.SOFT,
    "simple_13": K.HARD,
    "simple_30": K.HARD,
    "simple_38": K.SOFT,
    "simple_39": K.HARD,
    "simple_42": K.POLICY,
    "simple_43": K.HARD,
    "yahoo_02": K.SOFT,
    "yahoo_08": K.HARD,
    "yahoo_10": K.HARD,
}
"""What a person who reads them says; `groupwise_03` is a person's mail."""


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ReturnKind]:
    """What each message means, had it come to a return path of ours."""
    try:
        corpus = read_corpus()
    except CorpusMissingError as error:
        pytest.skip(f"no corpus: {error}")
    maildir: Path = tmp_path_factory.mktemp("corpus")
    came_to = f"Delivered-To: {return_path(7, 8)}\n".encode()
    deliver_to(maildir, *(came_to + raw for raw in corpus.values()))
    arrivals = MaildirBox(folder=maildir, name="corpus").open().take(1000)
    returned = [ReturnReader(keys=[KEY]).read(arrival) for arrival in arrivals]
    assert all(one.delivery == 7 for one in returned)
    return dict(zip(corpus, (one.kind for one in returned), strict=True))


def test_at_least_112_of_117_are_recognised(readings: dict[str, ReturnKind]) -> None:
    """As many as the best library knows; two of the others are no bounces."""
    assert len(readings) == 117
    assert sum(kind in FAILURES for kind in readings.values()) >= 115
    assert {name for name, kind in readings.items() if kind not in FAILURES} == {
        "qmail_08",
        "groupwise_03",
    }


@pytest.mark.parametrize("name", KNOWN)
def test_a_real_bounce_means_what_it_says(name: str, readings: dict[str, ReturnKind]) -> None:
    """Hard, soft, ours, or nothing final."""
    assert readings[name] is KNOWN[name]
