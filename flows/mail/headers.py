"""Header fields written by ourselves, so that what a reader's program parses is what we meant.

Python's own policies encode long URLs and turn `=?utf-8?q?=0D=0ABcc:…?=` into a real header.
"""

import base64
import re
import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from flows.domain.errors import InputError
from flows.domain.phrases import Phrase

LINE_LENGTH = 78
"""Characters a line should not exceed (RFC 5322, section 2.1.1); 998 is the limit."""

URL_LENGTH = 900
"""Longest address of a page or an action that still leaves room in a line of 998."""

ENCODED_LINE_LENGTH = 76
ENCODED_WORD_LENGTH = 75
"""RFC 2047, section 2."""

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
ADDRESS = re.compile(r"""[^\x00-\x20\x7f-\U0010ffff()<>\[\]:;@\\,"]+@[A-Za-z0-9.-]+""")
NOT_IN_MAILTO = re.compile("[%?&#]")
URL = re.compile(r'https?://[^\x00-\x20\x7f-\U0010ffff<>"]+')
TOKEN = re.compile(r"[!-~]{1,200}")
IDENTIFIER = re.compile(r"[\w.+=-]+@[A-Za-z0-9.-]+", re.ASCII)
LIST_ID = re.compile(r"[\w-]+(?:\.[\w-]+)+", re.ASCII)

WORD_CHARACTERS = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/",
)
"""What stands for itself in an encoded word of a phrase (RFC 2047, section 5, rule 3)."""

Q_ENCODED = [
    chr(byte) if byte in WORD_CHARACTERS else "_" if byte == 0x20 else f"={byte:02X}"
    for byte in range(256)
]


def printable(text: str) -> str:
    """The text without control characters, line separators and lone surrogates."""
    return CONTROLS.sub("", text)


def write_text(field: str, text: str) -> str:
    """An unstructured field such as Subject, folded; parsers give back `printable(text)`."""
    text = printable(text)
    if _is_plain(text):
        lines = textwrap.wrap(
            f"{field}: {text}",
            LINE_LENGTH,
            subsequent_indent=" ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        if lines[0] != f"{field}:" and all(len(line) <= LINE_LENGTH for line in lines):
            return "\r\n".join(lines)
    return _join(field, encode_words(text, room=ENCODED_LINE_LENGTH - len(field) - 2))


def write_mailbox(field: str, name: str, address: str) -> str:
    """A field of one mailbox (From, To, Reply-To). Raises `InputError` for a hostile address."""
    if not ADDRESS.fullmatch(address) or len(address) > 254:
        raise InputError("this cannot stand in a letter as an address", field=field)
    name = printable(name).strip()
    if not name:
        return f"{field}: {address}"
    return _join(field, [*_phrase(name, room=ENCODED_LINE_LENGTH - len(field) - 2), f"<{address}>"])


def write_list_id(name: str, identifier: str) -> str:
    """List-Id with its optional phrase (RFC 2919, section 3)."""
    if not LIST_ID.fullmatch(identifier):
        raise InputError(
            Phrase("{identifier!r} is no list identifier", identifier=identifier),
            field="sender.list_id",
            remedy="Write a name in your domain, such as letter.example.org.",
        )
    name = printable(name).strip()
    words = _phrase(name, room=ENCODED_LINE_LENGTH - len("List-Id: ")) if name else []
    return _join("List-Id", [*words, f"<{identifier}>"])


def write_list_unsubscribe(url: str, address: str) -> str:
    """List-Unsubscribe with the URL literal on the first line, however long (RFC 8058)."""
    field = f"List-Unsubscribe: <{checked_url(url, field='unsubscribe_url')}>"
    if not address:
        return field
    if not ADDRESS.fullmatch(address) or NOT_IN_MAILTO.search(address):
        raise InputError("this cannot be written to", field="unsubscribe_address")
    return f"{field},\r\n <mailto:{address}?subject=unsubscribe>"


def write_identifier(field: str, identifier: str) -> str:
    """A field of one message identifier, given with or without its angle brackets."""
    bare = identifier.removeprefix("<").removesuffix(">")
    if not IDENTIFIER.fullmatch(bare) or len(bare) > 250:
        raise InputError("this is no message identifier", field=field)
    return f"{field}: <{bare}>"


def write_token(field: str, token: str) -> str:
    """A field whose value is one word of visible ASCII, such as Feedback-ID."""
    if not TOKEN.fullmatch(token) or "=?" in token:
        raise InputError("this must be visible ASCII without blanks", field=field)
    return f"{field}: {token}"


def checked_url(url: str, *, field: str) -> str:
    """The URL itself; `InputError` if it could break out of a header, a line or an attribute."""
    if not URL.fullmatch(url) or len(url) > URL_LENGTH:
        raise InputError("this is no web address that a letter can carry", field=field)
    return url


def _phrase(name: str, *, room: int) -> list[str]:
    """The words of a phrase (RFC 5322, section 3.2.5), in the form that most programs read right.

    Several put a blank between neighbouring encoded words, so these are kept apart by plain ones
    where a name is too long for a single encoded word.
    """
    if _is_plain(name) and ATOMS.fullmatch(name):
        return name.split(" ")
    quoted = re.sub(r'(["\\])', r"\\\1", name)
    if _is_plain(name) and len(quoted) <= room - 2:
        return [f'"{quoted}"']
    if len(whole := _q_word(name)) <= room:
        return [whole]
    if "  " in name:
        return list(encode_words(name, room=room))
    runs = groupby(
        name.split(" "), key=lambda word: bool(ATOMS.fullmatch(word)) and _is_plain(word)
    )
    return [
        word
        for plain, words in runs
        for word in (words if plain else encode_words(" ".join(words), room=room))
    ]


def _is_plain(text: str) -> bool:
    """Whether the text can stand in a header as it is, and is not taken for an encoded word."""
    return "=?" not in text and PLAIN.fullmatch(text) is not None


def encode_words(text: str, *, room: int) -> Iterator[str]:
    """RFC 2047 words of whole characters; blanks are inside, where no folding loses them.

    The first word has at most `room` characters, the others 75. Latin scripts get the Q form,
    which a person can almost read and no filter mistrusts; others the shorter B form.
    """
    word = _q_word if _is_mostly_ascii(text) else _b_word
    while len(whole := word(text)) > room:
        cut = next(count for count in range(room, 0, -1) if len(word(text[:count])) <= room)
        yield word(text[:cut])
        text, room = text[cut:], ENCODED_WORD_LENGTH
    yield whole


def _is_mostly_ascii(text: str) -> bool:
    return 2 * len(text.encode("ascii", "ignore")) >= len(text)


def _q_word(text: str) -> str:
    return f"=?utf-8?q?{''.join([Q_ENCODED[byte] for byte in text.encode()])}?="


def _b_word(text: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def _join(field: str, words: Iterable[str]) -> str:
    lines = [f"{field}:"]
    for word in words:
        limit = ENCODED_LINE_LENGTH if "=?" in lines[-1] or "=?" in word else LINE_LENGTH
        if len(lines[-1]) + 1 + len(word) <= limit or lines[-1] == f"{field}:":
            lines[-1] += f" {word}"
        else:
            lines.append(f" {word}")
    return "\r\n".join(lines)
