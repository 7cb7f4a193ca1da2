"""The cookies of the desk: what they are called, and how long they last.

Over https each has the prefix `__Host-` (RFC 6265bis, section 4.1.3.2): no other host and no
plain connection can set or read it. On this machine's own loopback they have plain names.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from flows.mail.links import read_link, sign_link

VISIT = "desk"
"""The token of a visit."""
MARK = "desk-known"
"""The mark of a browser that somebody signed in with before."""
STEP = "desk-step"
"""Who gave the right password and owes a code."""
DIRECTORY = "desk-directory"
"""What belongs to a sign-in that a directory is asked for."""
FORM = "desk-form"
"""A random value that forms of strangers are bound to."""

MARK_DAYS = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """Writes and reads cookies; `secure` where the desk is reached over https."""

    key: bytes
    secure: bool

    def name(self, cookie: str) -> str:
        """What a cookie is called on the wire."""
        return f"__Host-{cookie}" if self.secure else cookie

    def read(self, request: Request, cookie: str) -> str:
        """A cookie's value, or nothing."""
        return request.cookies.get(self.name(cookie), "")

    def write(
        self, response: Response, cookie: str, value: str, *, seconds: int | None = None
    ) -> None:
        """Set a cookie; without `seconds` it goes when the browser is closed."""
        response.set_cookie(
            self.name(cookie),
            value,
            max_age=seconds,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, response: Response, cookie: str) -> None:
        """Take a cookie away."""
        response.delete_cookie(
            self.name(cookie), path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def write_signed(self, response: Response, cookie: str, payload: str, *, seconds: int) -> None:
        """Set a cookie that nobody else can make."""
        token = sign_link(self.key, purpose=cookie, payload=payload)
        self.write(response, cookie, token, seconds=seconds)

    def read_signed(self, request: Request, cookie: str) -> str:
        """What a signed cookie carries, or nothing."""
        return read_link([self.key], self.read(request, cookie), purpose=cookie) or ""
