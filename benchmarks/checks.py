"""`make bench-checks`: what the checks find in good translations, and in spoilt ones."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from flows.domain.style import HouseStyle
from flows.translation.checks.explaining import explain
from flows.translation.checks.registry import check_segment
from flows.translation.checks.remark import Remark
from tests.samples.damage import Kind, kinds
from tests.samples.pairs import (
    FRENCH,
    LANGUAGES,
    GoodPair,
    good_pairs,
    held_out,
    house_glossary,
)

STYLE = HouseStyle(localised_sites={"example.org": LANGUAGES})
MOST_FALSE_PERCENT = 2.0
LEAST_CAUGHT_PERCENT = 97.0
MOST_CASES = 100
TECHNICAL = frozenset({"@url", "abbr"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """How much of one kind of damage was noticed: `missed` are the translations that were not."""

    name: str
    cases: int = 0
    expected: int = 0
    otherwise: int = 0
    missed: list[tuple[GoodPair, str]] = field(default_factory=list)


def look(pair: GoodPair, target: str | None = None) -> list[Remark]:
    """What is found in a pair, or in another translation of it."""
    return check_segment(
        pair.source,
        pair.target if target is None else target,
        kind=pair.kind,
        context=pair.context,
        language=pair.language,
        source_language=FRENCH,
        glossary=house_glossary(),
        style=STYLE,
    )


def false_findings(pairs: Sequence[GoodPair]) -> list[tuple[GoodPair, list[Remark]]]:
    """The good pairs that draw a finding all the same."""
    return [(pair, remarks) for pair in pairs if (remarks := look(pair))]


def spoil_all(name: str, kind: Kind, pairs: Sequence[GoodPair]) -> Caught:
    """One kind of damage done to `MOST_CASES` translations at most, and what was noticed of it.

    The limit keeps the kinds that can be done to any text from deciding the whole.
    """
    broken = [
        (pair, text)
        for pair in pairs
        if pair.context not in TECHNICAL and (text := kind.spoil(pair)) and text != pair.target
    ]
    cases = broken[:: max(1, -(-len(broken) // MOST_CASES))]
    found = [{remark.check for remark in look(pair, text)} for pair, text in cases]
    missed = [
        (case, checks)
        for case, checks in zip(cases, found, strict=True)
        if not checks & kind.expected
    ]
    return Caught(
        name=name,
        cases=len(cases),
        expected=len(cases) - len(missed),
        otherwise=sum(bool(checks) for _, checks in missed),
        missed=[case for case, _ in missed],
    )


def share(part: int, whole: int) -> float:
    """In percent."""
    return 100 * part / whole if whole else 0.0


def tell_false(title: str, pairs: Sequence[GoodPair]) -> float:
    """Print how many good pairs draw a finding, and which; the share in percent."""
    wrong = false_findings(pairs)
    print(title)
    for language in LANGUAGES:
        own = [pair for pair in pairs if pair.language == language]
        found = sum(pair.language == language for pair, _ in wrong)
        print(f"  {language}  {found:3} of {len(own):4}  {share(found, len(own)):5.1f} %")
    print(f"  all {len(wrong):3} of {len(pairs):4}  {share(len(wrong), len(pairs)):5.1f} %")
    for pair, remarks in wrong:
        for remark in remarks:
            told = explain(remark, reviewer="en")
            print(f"    {pair.language} {remark.check}: {told} | {pair.target[:70]}")
    return share(len(wrong), len(pairs))


def tell_caught(caught: Sequence[Caught]) -> float:
    """Print what was noticed of each kind of damage; the share in percent."""
    print("\nSpoilt translations                 cases  expected  another  missed")
    for one in caught:
        unseen = len(one.missed) - one.otherwise
        print(f"  {one.name:32}  {one.cases:5}  {one.expected:8}  {one.otherwise:7}  {unseen:6}")
        for pair, broken in one.missed if "--missed" in sys.argv else ():
            print(f"    {pair.language}: {broken[:160]}")
    cases, expected = sum(one.cases for one in caught), sum(one.expected for one in caught)
    worst = min(caught, key=lambda one: share(one.expected, one.cases))
    print(
        f"  {len(caught)} kinds, {cases} cases: {share(expected, cases):.1f} % as expected; "
        f"worst: {worst.name}, {share(worst.expected, worst.cases):.0f} %"
    )
    return share(expected, cases)


def main() -> None:
    """Print the tables; exit 1 below the bar."""
    pairs, apart = good_pairs(), held_out()
    damage = kinds(house_glossary())
    tell_false("Good translations, written apart, that draw a finding", apart)
    tell_false("\nGood translations that draw a finding", pairs)
    false = share(len(false_findings([*pairs, *apart])), len(pairs) + len(apart))
    seen = tell_caught([spoil_all(name, kind, [*pairs, *apart]) for name, kind in damage.items()])
    print(
        f"\nfalse findings {false:.1f} % (at most {MOST_FALSE_PERCENT}), "
        f"damage caught by the expected check {seen:.1f} % (at least {LEAST_CAUGHT_PERCENT})"
    )
    if false > MOST_FALSE_PERCENT or seen < LEAST_CAUGHT_PERCENT:
        sys.exit(1)


if __name__ == "__main__":
    main()
