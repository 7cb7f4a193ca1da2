"""Mending: a translation with the fixes applied that the checks offer."""

from collections.abc import Collection
from dataclasses import dataclass

from flows.domain.finding import Severity
from flows.translation.checks.pair import Pair, with_target
from flows.translation.checks.registry import check_pair
from flows.translation.checks.remark import Remark

ROUNDS = 20
"""More fixes than any translation can need: two that undo each other must come to an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """A translation mended, and the checks whose fixes did it, in order."""

    text: str
    checks: tuple[str, ...] = ()


def mend(pair: Pair, *, only: Collection[str] | None = None) -> Mending:
    """The translation with every safe fix applied; with `only`, every fix of these checks.

    A fix that would bring another error in is left to a person.
    """
    mended: list[str] = []
    seen = {pair.target.raw}
    for _ in range(ROUNDS):
        remarks = check_pair(pair)
        fixed = next(
            (one for one in remarks if _is_wanted(one, only) and one.fix not in seen), None
        )
        if fixed is None or fixed.fix is None:
            break
        seen.add(fixed.fix)
        after = with_target(pair, fixed.fix)
        if _errors(check_pair(after)) <= _errors(remarks):
            pair = after
            mended.append(fixed.check)
    return Mending(text=pair.target.raw, checks=tuple(dict.fromkeys(mended)))


def _is_wanted(remark: Remark, only: Collection[str] | None) -> bool:
    if remark.fix is None:
        return False
    return remark.is_safe if only is None else remark.check in only


def _errors(remarks: list[Remark]) -> set[tuple[str, str]]:
    return {(one.check, one.reason) for one in remarks if one.severity is Severity.ERROR}
