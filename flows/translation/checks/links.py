"""Links: a translation leads where its source leads, or to the same page in its own language."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from flows.domain.finding import Severity
from flows.translation.checks.inline import Inline
from flows.translation.checks.pair import Pair
from flows.translation.checks.remark import Remark, quote_briefly
from flows.translation.words import primary

BROKEN_LINK = re.compile(r"\](\s+)\([^()\s]+\)")
BARE = frozenset({"url", "mail"})


def find_changed_links(pair: Pair) -> Iterator[Remark]:
    """Links lost, added or leading elsewhere; `/fr/` may become `/en/`."""
    wanted, given = (_targets(side, context=pair.context) for side in (pair.source, pair.target))
    missing = _without(wanted, given, pair=pair)
    added = _without(given, wanted, pair=pair)
    broken = BROKEN_LINK.search(pair.target.raw)
    if not missing and not added:
        return
    yield Remark(
        check="links",
        severity=Severity.ERROR,
        message=_describe(missing, added),
        span=broken.span() if broken else _locate(pair.target.raw, added),
        fix=_mend(pair.target.raw, missing=missing, added=added),
    )


def _targets(side: Inline, *, context: str | None) -> list[str]:
    """Where the side's links lead; a segment of context `@url` is one address."""
    if context == "@url":
        return [side.raw.strip()]
    links = [element.attributes.get("href", "") for element in side.elements if element.tag == "a"]
    return links + [token.raw for token in side.tokens if token.kind in BARE]


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


def _describe(missing: Sequence[str], added: Sequence[str]) -> str:
    if len(missing) == len(added) == 1:
        was, now = (quote_briefly(address, longest=80) for address in (missing[0], added[0]))
        return f"the link to {was} leads to {now}"
    parts = [
        f"{verb}: {', '.join(quote_briefly(address, longest=80) for address in addresses)}"
        for verb, addresses in (("links missing", missing), ("links added", added))
        if addresses
    ]
    return "; ".join(parts)


def _locate(raw: str, added: Sequence[str]) -> tuple[int, int] | None:
    for address in added:
        at = raw.find(address)
        if at >= 0 and address:
            return at, at + len(address)
    return None


def _mend(raw: str, *, missing: Sequence[str], added: Sequence[str]) -> str | None:
    """Closes `] (` up, or puts the one changed address right."""
    closed = re.sub(r"\]\s+(?=\([^()\s]+\))", "]", raw)
    if closed != raw:
        return closed
    if len(missing) == len(added) == 1 and added[0] and raw.count(added[0]) == 1:
        return raw.replace(added[0], missing[0])
    return None
