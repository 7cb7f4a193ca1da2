"""Which digests carry an article."""

import re
from contextlib import suppress

from flows.domain.article import Slug
from flows.domain.errors import InputError
from flows.operations.library import Library


def digests_with(library: Library, slug: str) -> list[Slug]:
    """The digests that list an article. What cannot be read is left out.

    Only files with its name in them are parsed: there may be thousands.
    """
    # YAML can write any letter as a number after a backslash.
    named = re.compile(rb"(?<![a-z0-9-])%b(?![a-z0-9-])|\\" % re.escape(slug.encode()))
    found = []
    for other in library.slugs():
        with suppress(InputError):
            if _mentions(library, other, named) and slug in library.article(other).front.listed:
                found.append(other)
    return found


def _mentions(library: Library, other: Slug, named: re.Pattern[bytes]) -> bool:
    try:
        raw = (library.content / other / f"{library.source_language}.md").read_bytes()
    except OSError:
        return False
    return b"articles" in raw and named.search(raw) is not None
