"""What a form of ours sends: a small body of fields, nothing else."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.requests import Request

FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 256 * 1024
MOST_FIELDS = 2000


class BadFormError(Exception):
    """A body that no form of ours sends; `status` says how the answer is numbered."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"no form: {status}")


class Form:
    """The fields of a form. One that is missing is empty."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    def text(self, name: str, otherwise: str = "") -> str:
        """One field, without the blanks around it."""
        return self._fields.get(name, [otherwise])[0].strip()

    def exact(self, name: str) -> str:
        """One field as it was typed, for passwords."""
        return self._fields.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Every value of a field, as check boxes of one name send them."""
        return [value.strip() for value in self._fields.get(name, []) if value.strip()]

    def number(self, name: str) -> int | None:
        """A whole number; `None` where none was typed. Spaces between thousands are fine."""
        digits = "".join(self.text(name).split())
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None


async def read_form(request: Request) -> Form:
    """The form of a request. Raises `BadFormError` for a large body or another kind of one."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadFormError(413)
    if body and kind != FORM:
        raise BadFormError(415)
    return parse_form(bytes(body))


def parse_form(body: bytes) -> Form:
    """The fields of a body, in UTF-8 without NUL, which no database takes."""
    try:
        fields = parse_qs(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise BadFormError(400) from None
    if any("\0" in value for values in fields.values() for value in values):
        raise BadFormError(400)
    return Form(fields)
