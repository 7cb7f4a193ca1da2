"""TXT records, asked of a real name server."""

import time

from flows.mail.records import PATIENCE_SECONDS, published_texts
from tests.functional.cli.command_line import closed_port
from tests.servers.names import asks, run_names

LONG = "v=DKIM1; p=" + "a" * 300
RECORDS = {
    "efus.test": ['"v=spf1 -all"', '"other"'],
    "k._domainkey.efus.test": [f'"{LONG[:200]}" "{LONG[200:]}"'],
    "empty.test": [],
}


async def test_what_is_published_is_found_and_pieces_are_put_together() -> None:
    """A name without a text, and one that is not there, have none."""
    async with run_names(RECORDS) as resolver:
        found = await published_texts([*RECORDS, "nowhere.test"], resolver=resolver)

    assert {name: sorted(texts or ()) for name, texts in found.items()} == {
        "efus.test": ["other", "v=spf1 -all"],
        "k._domainkey.efus.test": [LONG],
        "empty.test": [],
        "nowhere.test": [],
    }
    assert None not in found.values()


async def test_where_nobody_answers_it_is_not_known_and_takes_no_longer_than_promised() -> None:
    """However many names are asked for."""
    names = [f"n{number}.test" for number in range(20)]
    began = time.monotonic()

    found = await published_texts(names, resolver=asks("127.0.0.1", closed_port()))

    assert found == dict.fromkeys(names)
    assert time.monotonic() - began < PATIENCE_SECONDS * 5


async def test_what_can_be_no_name_is_not_known() -> None:
    """A label of more than 63 octets (RFC 1035, section 2.3.4)."""
    assert await published_texts(["a" * 64 + ".test"]) == {"a" * 64 + ".test": None}
