"""Where somebody wanted to go before they had to sign in: a page of ours, or nowhere."""

import re
from urllib.parse import quote, unquote

from starlette.requests import Request

LOCAL = re.compile(r"/desk/[A-Za-z0-9_./-]*(\?[A-Za-z0-9_.=&%+:-]*)?")
LONGEST = 500


def local_address(written: str) -> str:
    """An address within the desk as it was written, or the first page's if it is anything else."""
    sound = (
        len(written) <= LONGEST
        and LOCAL.fullmatch(written)
        and "//" not in written
        and "/." not in written
        and all(sign.isprintable() and sign != "\\" for sign in unquote(written))
    )
    return written if sound else "/desk/"


def way_back(request: Request) -> str:
    """The page that was asked for, to be put into a query."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return quote(local_address(asked), safe="/")
