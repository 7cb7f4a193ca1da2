"""How a letter is looked at: wide or narrow, light or dark, with or without its pictures."""

import re
from dataclasses import dataclass, replace
from typing import Any, Final, Self
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

WIDTHS: Final = ("desktop", "phone")
SCHEMES: Final = ("light", "dark")
PARTS: Final = ("html", "text")
LONGEST_TOKEN: Final = 200
GMAIL_CLIPS_AT: Final = 102 * 1024
"""Gmail shows no more of a letter's HTML, and hides the link to unsubscribe with the rest."""

STYLE = re.compile(r"(<style\b[^>]*>)(.*?)(</style>)", re.DOTALL | re.IGNORECASE)
DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
COLOUR_SCHEME = re.compile(r'(<meta name="(?:supported-)?color-schemes?" content=")[^"]*(")')
ALWAYS, NEVER = "(min-width: 0)", "(max-width: 0)"

FRAME_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {images}; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox"
)
"""A letter is a stranger's text: it runs nothing, leads nowhere and sees nothing of the desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The choices of whoever looks. `reader` is a signed token that stands for a contact."""

    width: str = "desktop"
    scheme: str = "light"
    images: bool = True
    part: str = "html"
    beside: bool = False
    reader: str = ""

    @classmethod
    def from_query(cls, query: QueryParams) -> Self:
        """What an address asks for; what it says wrongly counts as not said."""
        reader = query.get("for", "")
        return cls(
            width=_one_of(query.get("width"), WIDTHS),
            scheme=_one_of(query.get("scheme"), SCHEMES),
            images=query.get("images") != "off",
            part=_one_of(query.get("part"), PARTS),
            beside=query.get("beside") == "yes",
            reader=reader if len(reader) <= LONGEST_TOKEN else "",
        )

    def but(self, **changes: Any) -> Self:
        """The same with another choice."""
        return replace(self, **changes)

    @property
    def query(self) -> str:
        """What `from_query` reads, without what is usual."""
        said = {
            "width": self.width if self.width != WIDTHS[0] else "",
            "scheme": self.scheme if self.scheme != SCHEMES[0] else "",
            "images": "" if self.images else "off",
            "part": self.part if self.part != PARTS[0] else "",
            "beside": "yes" if self.beside else "",
            "for": self.reader,
        }
        chosen = urlencode({name: value for name, value in said.items() if value})
        return f"?{chosen}" if chosen else ""

    @property
    def policy(self) -> str:
        """What the frame may load."""
        return FRAME_POLICY.format(images="'self' https:" if self.images else "'none'")


def dress(html: str, *, scheme: str) -> str:
    """A letter as a program in a light or dark scheme shows it, whatever this browser's is."""
    instead = ALWAYS if scheme == "dark" else NEVER
    dressed = STYLE.sub(lambda part: part[1] + DARK.sub(instead, part[2]) + part[3], html)
    return COLOUR_SCHEME.sub(rf"\g<1>{scheme}\g<2>", dressed)


def _one_of(said: str | None, known: tuple[str, ...]) -> str:
    return said if said in known else known[0]
