import quopri
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows.mail.mime import encode_quoted, encode_value

WORDS = st.text(
    alphabet=st.one_of(
        st.sampled_from(" .=\t\nFrom é\u202f«»€🏙"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=400,
)


def decoded(raw: bytes) -> str:
    """What another decoder makes of it."""
    return quopri.decodestring(raw).decode()


@settings(max_examples=300, deadline=None)
@given(text=WORDS)
@example(text="." * 200)
@example(text="From " * 60)
@example(text=f"{'x' * 74}.From me \n. \n\n From\t")
@example(text="bits\r\net\rfins\n")
def test_any_text_comes_back_and_no_line_needs_touching(text: str) -> None:
    """Lines are short, ASCII, without a leading dot or From, and without blanks at their end."""
    raw = encode_quoted(text)
    assert decoded(raw) == "\r\n".join(re.split("\r\n|\r|\n", text))
    for line in raw.split(b"\r\n"):
        assert len(line) <= 76
        assert line.isascii()
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
        assert not set(line) & {0, 10, 13}


@settings(max_examples=200, deadline=None)
@given(value=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=300))
@example(value="https://lettre.example.org/u/" + "." * 300)
@example(value="https://lettre.example.org/?a=1&b=2")
def test_a_web_address_survives_the_fast_way(value: str) -> None:
    """The shortcut for web addresses keeps the promises of the general way."""
    raw = encode_value(value)
    assert decoded(raw) == value
    assert all(len(line) <= 76 for line in raw.split(b"\r\n"))
    assert not any(line.startswith(b".") for line in raw.split(b"\r\n"))
