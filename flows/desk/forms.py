"""What a form of ours sends: a small body of fields, nothing else."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from urllib.parse import parse_qs

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from flows.operations.intake.uploads import MOST_BYTES as MOST_UPLOADED

FORM = "application/x-www-form-urlencoded"
WITH_FILE = "multipart/form-data"
MOST_FILE_BYTES = MOST_UPLOADED + 64 * 1024
MOST_BYTES = 256 * 1024
MOST_TEXT_BYTES = 4 * 1024 * 1024
"""A form with the largest article in it: each letter with an accent takes six bytes."""
MOST_FIELDS = 2000


class BadFormError(Exception):
    """A body that no form of ours sends; `status` says how the answer is numbered."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"no form: {status}")


class _TooLongError(MultiPartException):
    """Of this kind, so that the parser closes what it has written so far."""


class Form:
    """The fields of a form. One that is missing is empty."""

    def __init__(
        self, fields: Mapping[str, list[str]], files: Mapping[str, UploadFile] | None = None
    ) -> None:
        self._fields = fields
        self._files = files or {}

    def file(self, name: str) -> UploadFile | None:
        """A file that was chosen."""
        return self._files.get(name)

    async def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            await file.close()

    def starting(self, prefix: str) -> dict[str, str]:
        """The filled fields whose names begin so, by the rest of their names."""
        return {
            name.removeprefix(prefix): values[0].strip()
            for name, values in self._fields.items()
            if name.startswith(prefix) and values[0].strip()
        }

    def text(self, name: str, otherwise: str = "") -> str:
        """One field, without the blanks around it."""
        return self._fields.get(name, [otherwise])[0].strip()

    def exact(self, name: str) -> str:
        """One field as it was typed, for passwords."""
        return self._fields.get(name, [""])[0]

    def names(self) -> Iterable[str]:
        """The names of the fields that were sent."""
        return self._fields.keys()

    def has(self, name: str) -> bool:
        """Whether a field was sent, be it empty."""
        return name in self._fields

    def all(self, name: str) -> list[str]:
        """Every value of a field, as check boxes of one name send them."""
        return [value.strip() for value in self._fields.get(name, []) if value.strip()]

    def number(self, name: str) -> int | None:
        """A whole number; `None` where none was typed. Spaces between thousands are fine."""
        digits = "".join(self.text(name).split())
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None


async def read_form(
    request: Request, *, with_file: bool = False, most_bytes: int = MOST_BYTES
) -> Form:
    """The form of a request. Raises `BadFormError` for a large body or another kind of one."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if with_file and kind == WITH_FILE:
        return await _read_parts(request)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise BadFormError(413)
    if body and kind != FORM:
        raise BadFormError(415)
    return parse_form(bytes(body))


async def _read_parts(request: Request) -> Form:
    """A form with a file (RFC 7578), which waits on the disk."""
    parser = MultiPartParser(
        request.headers, _at_most(request, MOST_FILE_BYTES), max_files=1, max_fields=100
    )
    try:
        parts = await parser.parse()
    except _TooLongError:
        raise BadFormError(413) from None
    except MultiPartException:
        raise BadFormError(400) from None
    fields: dict[str, list[str]] = {}
    files = {}
    for name, value in parts.multi_items():
        if isinstance(value, UploadFile):
            files[name] = value
        elif "\0" in value:
            raise BadFormError(400)
        else:
            fields.setdefault(name, []).append(value)
    return Form(fields, files)


async def _at_most(request: Request, most_bytes: int) -> AsyncGenerator[bytes, None]:
    taken = 0
    async for chunk in request.stream():
        taken += len(chunk)
        if taken > most_bytes:
            raise _TooLongError("too long")
        yield chunk


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
