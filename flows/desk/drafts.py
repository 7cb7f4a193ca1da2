"""Letters of texts that are not saved yet, kept for as long as it takes a frame to load them."""

import secrets
from collections import OrderedDict
from typing import Final

from flows.domain.errors import NotFoundError

MOST: Final = 48
"""Letters that are kept; each is some ten thousand characters long."""


class Drafts:
    """The latest letters of all who write; each can be looked at by who wrote it alone."""

    def __init__(self) -> None:
        self._letters: OrderedDict[tuple[int, str], str] = OrderedDict()

    def keep(self, account: int, html: str) -> str:
        """Keep a letter; the name under which it is found."""
        name = secrets.token_urlsafe(12)
        self._letters[account, name] = html
        while len(self._letters) > MOST:
            self._letters.popitem(last=False)
        return name

    def find(self, account: int, name: str) -> str:
        """A letter by its name. Raises `NotFoundError`."""
        try:
            return self._letters[account, name]
        except KeyError:
            raise NotFoundError("this preview is over: make another") from None
