"""Links: a translation leads where its source leads, or to the same page in its own language."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from flows.domain.finding import Severity
from flows.translation.checks.inline import Inline
from flows.translation.checks.pair import Pair
from flows.translation.checks.remark import Fact, Remark, Span, place_of
from flows.translation.words import primary

GAP = re.compile(r"\]\s+(?=\([^()\s]+\))")
"""What comes between a link's text and its address when an engine spaced them apart."""
SITE = re.compile(r"https?://(?:www\.)?(?P<site>[^/?#:]+)(?::\d+)?", re.IGNORECASE)


def find_changed_links(pair: Pair) -> Iterator[Remark]:
    """Links lost, added or leading elsewhere; `/fr/` may become `/en/`."""
    wanted, given = (_targets(side, context=pair.context) for side in (pair.source, pair.target))
    missing = _without(wanted, given, pair=pair)
    added = _without(given, wanted, pair=pair)
    if not missing and not added:
        return
    closed = GAP.sub("]", pair.target.raw)
    broken = GAP.search(pair.target.raw)
    only_moved = len(missing) == len(added) == 1
    yield Remark(
        check="links",
        severity=Severity.ERROR,
        reason="elsewhere" if only_moved else "count",
        facts=_facts(missing, added, only_moved=only_moved),
        span=broken.span() if broken else _locate(pair.target.raw, added),
        fix=closed if broken else _put_back(pair.target.raw, missing=missing, added=added),
        is_safe=bool(broken),
        is_arguable=only_moved,
    )


def find_links_to_the_source(pair: Pair) -> Iterator[Remark]:
    """A link to the source's pages of a site that has pages in the translation's language."""
    for address in _targets(pair.target, context=pair.context):
        localised = _localise(address, pair=pair)
        if localised != address:
            yield Remark(
                check="locale",
                severity=Severity.WARNING,
                reason="source",
                facts={"address": address, "language": primary(pair.language)},
                span=_locate(pair.target.raw, [address]),
                fix=pair.target.raw.replace(address, localised),
            )


def _localise(address: str, *, pair: Pair) -> str:
    """The address with its path in the translation's language, if the site has such pages."""
    found = SITE.match(address)
    if not found or primary(pair.language) not in pair.style.pages_of(found["site"]):
        return address
    segment = rf"/{re.escape(primary(pair.source_language))}(?=[/?#]|$)"
    path = re.compile(segment, re.IGNORECASE).match(address, found.end())
    if not path:
        return address
    return f"{address[: path.start()]}/{primary(pair.language)}{address[path.end() :]}"


def _targets(side: Inline, *, context: str | None) -> list[str]:
    """Where the side's links lead; a segment of context `@url` is one address."""
    if context == "@url":
        return [side.raw.strip()]
    links = [element.attributes.get("href", "") for element in side.elements if element.tag == "a"]
    return links + side.addresses


def _without(these: Sequence[str], those: Sequence[str], *, pair: Pair) -> list[str]:
    """The addresses of one side that the other lacks, locale aside."""
    spare = Counter(_neutralise(address, pair=pair) for address in those)
    left = []
    for address in these:
        key = _neutralise(address, pair=pair)
        if spare[key]:
            spare[key] -= 1
        else:
            left.append(address)
    return left


def _neutralise(address: str, *, pair: Pair) -> str:
    """The address without what may rightly differ: a path segment that names the language."""
    tags = {pair.source_language, pair.language}
    names = "|".join(re.escape(name) for tag in tags for name in {tag, primary(tag)})
    return re.sub(rf"/(?:{names})(?=[/?#]|$)", "/*", address, flags=re.IGNORECASE)


def _facts(missing: Sequence[str], added: Sequence[str], *, only_moved: bool) -> dict[str, Fact]:
    if only_moved:
        return {"wanted": missing[0], "given": added[0]}
    return {"missing": len(missing), "added": len(added), "links": (*missing, *added)}


def _locate(raw: str, addresses: Sequence[str]) -> Span | None:
    places = (place_of(raw, address) for address in addresses)
    return next(filter(None, places), None)


def _put_back(raw: str, *, missing: Sequence[str], added: Sequence[str]) -> str | None:
    """The text with the one address that changed as it was."""
    if len(missing) == len(added) == 1 and added[0] and raw.count(added[0]) == 1:
        return raw.replace(added[0], missing[0])
    return None
