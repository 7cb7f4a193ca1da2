"""Quantities: every number, hour, month and weekday of the source is in the translation."""

import re
from collections.abc import Iterator, Sequence

from flows.domain.finding import Severity
from flows.translation.checks.calendars import Field, Name, read_names, written_names
from flows.translation.checks.figures import Figure, read_figures, spelt_values, write_hour
from flows.translation.checks.inline import MARK
from flows.translation.checks.pair import Pair
from flows.translation.checks.remark import Remark, replace_spans

DIGITAL_DATE = re.compile(r"\b(\d{4}[-/.])?(\d{1,2})[-/.](\d{1,2})(?(1)|[-/.]\d{2,4})\b")
KINDS: dict[Field, str] = {"months": "month", "days": "weekday"}


def find_changed_numbers(pair: Pair) -> Iterator[Remark]:
    """Numbers and hours lost (a number's loss is an error) or added."""
    source = read_figures(pair.source.text, language=pair.source_language)
    target = read_figures(pair.target.text, language=pair.language)
    missing, added = _unmatched(source, target)
    missing = _unspelt(missing, spelt=_spelt(pair.target.prose, language=pair.language))
    known = _spelt(pair.source.prose, language=pair.source_language)
    added = _unspelt(added, spelt=known.union(*(figure.values for figure in source)))
    hours, numbers = _split(missing)
    more_hours, more_numbers = _split(added)
    yield from _report("numbers", numbers, more_numbers or added, pair=pair, given=target)
    yield from _report("hours", hours, more_hours or added, pair=pair, given=target)
    if added and not missing:
        yield Remark(
            check="hours" if more_hours else "numbers",
            severity=Severity.WARNING,
            reason="added",
            facts={"added": _raw(added)},
            span=added[0].span,
        )


def _spelt(text: str, *, language: str) -> set[str]:
    return spelt_values(text.replace(MARK, ""), language=language)


def _unmatched(
    source: Sequence[Figure], target: Sequence[Figure]
) -> tuple[list[Figure], list[Figure]]:
    """The figures of each side that have no partner of a common value on the other."""
    missing, spare = [], list(target)
    for figure in sorted(source, key=lambda figure: len(figure.values)):
        partner = next((other for other in spare if _agree(figure, other)), None)
        if partner:
            spare.remove(partner)
        else:
            missing.append(figure)
    return sorted(missing, key=lambda figure: figure.span), spare


def _agree(source: Figure, target: Figure) -> bool:
    if target.is_foreign and not (source.is_foreign and source.raw == target.raw):
        return bool({value for value in source.values & target.values if ":" in value})
    return bool(source.values & target.values)


def _unspelt(figures: Sequence[Figure], *, spelt: set[str]) -> list[Figure]:
    return [figure for figure in figures if not figure.values & spelt]


def _split(figures: Sequence[Figure]) -> tuple[list[Figure], list[Figure]]:
    hours = [figure for figure in figures if figure.is_hour]
    return hours, [figure for figure in figures if not figure.is_hour]


def _report(
    check: str,
    missing: Sequence[Figure],
    added: Sequence[Figure],
    *,
    pair: Pair,
    given: Sequence[Figure],
) -> Iterator[Remark]:
    if not missing:
        return
    present = frozenset().union(*(figure.values for figure in given if not figure.is_foreign))
    # A text may name once what its source names twice, unless another figure stands there.
    if not added and all(figure.values & present for figure in missing):
        return
    yield Remark(
        check=check,
        severity=Severity.ERROR if check == "numbers" else Severity.WARNING,
        reason="changed" if added else "missing",
        facts={"missing": _raw(missing), "added": _raw(added)},
        span=added[0].span if added else None,
        fix=_set_clock(pair.target.raw, missing, added) if check == "hours" else None,
    )


def _raw(figures: Sequence[Figure]) -> tuple[str, ...]:
    return tuple(figure.raw for figure in figures)


def _set_clock(raw: str, missing: Sequence[Figure], added: Sequence[Figure]) -> str | None:
    """The text with the one wrong hour right, in the manner in which it is written there."""
    if len(missing) != 1 or len(added) != 1:
        return None
    wanted = next((value for value in sorted(missing[0].values) if ":" in value), "")
    hour = write_hour(wanted, like=added[0].raw) if wanted else None
    return replace_spans(raw, [(*added[0].span, hour)]) if hour else None


def find_changed_dates(pair: Pair) -> Iterator[Remark]:
    """Months or weekdays lost or added, by their names in either language."""
    for field, kind in KINDS.items():
        source = read_names(pair.source.text, field=field, language=pair.source_language)
        target = read_names(pair.target.text, field=field, language=pair.language)
        missing = _lacking(source, than=target)
        added = _lacking(target, than=source)
        if field == "months":
            missing = _undigited(missing, pair.target.text)
            added = _undigited(added, pair.source.text)
        if missing or added:
            yield _changed_date(pair, field, kind, missing=missing, added=added)


def _lacking(names: Sequence[Name], *, than: Sequence[Name]) -> list[Name]:
    """The sure names of one side whose number the other does not name at all."""
    others = {name.number for name in than}
    return [name for name in names if name.sure and name.number not in others]


def _undigited(names: Sequence[Name], text: str) -> list[Name]:
    """Without the months that the other side writes in digits, as in 09/11/2019."""
    digits = {int(digit) for found in DIGITAL_DATE.finditer(text) for digit in found.group(2, 3)}
    return [name for name in names if name.number not in digits]


def _changed_date(
    pair: Pair, field: Field, kind: str, *, missing: Sequence[Name], added: Sequence[Name]
) -> Remark:
    fix = None
    if len(missing) == len(added) == 1:
        name = written_names(field, language=pair.language)[missing[0].number]
        fix = replace_spans(pair.target.raw, [(*added[0].span, _cased(name, like=added[0].raw))])
    return Remark(
        check="dates",
        severity=Severity.WARNING,
        reason=f"{kind}-{'changed' if missing and added else 'missing' if missing else 'added'}",
        facts={
            "missing": tuple(name.raw for name in missing),
            "added": tuple(name.raw for name in added),
        },
        span=added[0].span if added else None,
        fix=fix,
    )


def _cased(name: str, *, like: str) -> str:
    return name[:1].upper() + name[1:] if like[:1].isupper() else name
