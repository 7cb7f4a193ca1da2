"""Figures: the numbers and hours of a text by value, however its language writes them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from babel import Locale, UnknownLocaleError

from flows.translation.checks.calendars import month_numbers
from flows.translation.numerals import NUMBER_WORDS, SCALES
from flows.translation.words import primary

SPACES = "\u0020\u00a0\u202f\u2009"
HALF_DAY = re.compile(r"\d\s?[ap]\.?\s?m\b", re.IGNORECASE)
CLOCK_WORD = re.compile(rf"[{SPACES}]?(?:heures?|uur|Uhr|o[’']clock|ore|horas)\b", re.IGNORECASE)
SCALE_WORD = re.compile(rf"[{SPACES}]?([^\W\d_]+)")
SCALE_SIGN = re.compile(rf"[{SPACES}]?(M|Md)(?=[{SPACES}]?[€$£])")
WRITTEN_HOUR = re.compile(
    rf"\d{{1,2}}(?:(?P<sign>[:.hHu]|[{SPACES}]?[hu][{SPACES}]?)(?P<minute>\d\d))?"
    rf"(?P<after>[{SPACES}]?[hu]?)(?:(?P<half>[ap])(?P<m>\.?\s?m))?",
    re.IGNORECASE,
)
HOUR = r"(?<![\d.,:])(?:[01]?\d|2[0-4])"
ROMAN = re.compile(r"\b[IVXL]{1,6}(?=(?:e|er|ère|ème|th|st|de|ste)?\b)")
ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}
COMPOUND_LENGTH = 4
"""A number word of at least this many letters may begin a compound: `driejarig`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number or an hour as written, with every value that it may have.

    Values are decimals without trailing zeros (`1250.5`) or hours (`18:30`). `is_hour` is one
    written as a time; `is_foreign` one whose decimal sign is not the language's own.
    """

    raw: str
    values: frozenset[str]
    span: tuple[int, int]
    is_hour: bool = False
    is_foreign: bool = False


def read_figures(text: str, *, language: str) -> list[Figure]:
    """The figures of a text in order."""
    half_days = bool(HALF_DAY.search(text))
    return [
        _read(found, decimal=decimal_sign(language), half_days=half_days)
        for found in _pattern(language).finditer(text)
    ]


def spelt_values(text: str, *, language: str) -> set[str]:
    """The values that words may stand for: spelt numbers, month names, Roman numerals."""
    known = NUMBER_WORDS.get(primary(language), {})
    values = {str(number) for number in month_numbers(text, language=language)}
    for word in re.findall(r"[^\W\d_]+", text.casefold()):
        if word in known:
            values.add(str(known[word]))
        else:
            starts = (word[:end] for end in range(COMPOUND_LENGTH, len(word)))
            values |= {str(known[start]) for start in starts if start in known}
    hours = {f"{value:0>2}:00" for value in values & {"0", "12"}}
    decades = {f"19{value}" for value in values if re.fullmatch("[2-9]0", value)}
    return values | hours | decades | {str(_roman(found)) for found in ROMAN.findall(text)}


def write_hour(hour: str, *, like: str) -> str | None:
    """An hour (`18:30`) in the manner of another (`7.15 pm`); `None` where that cannot say it."""
    manner = WRITTEN_HOUR.fullmatch(like)
    if not manner:
        return None
    whole, minute = (int(part) for part in hour.split(":"))
    half = manner["half"]
    shown = str(whole if not half else whole % 12 or 12)
    sign = manner["sign"] or ("." if half else ":")
    minutes = f"{sign}{minute:02}" if minute or manner["minute"] else ""
    after = manner["after"] if not minutes or manner["minute"] or half else ""
    return shown + minutes + after + ("ap"[whole >= 12] + manner["m"] if half else "")


@cache
def decimal_sign(language: str) -> str:
    """What stands before the decimals in that language; a comma when it is unknown."""
    try:
        return str(Locale.parse(language, sep="-").number_symbols["latn"]["decimal"])
    except (UnknownLocaleError, ValueError, KeyError):
        return ","


@cache
def _pattern(language: str) -> re.Pattern[str]:
    decimal = decimal_sign(language)
    group = _other_sign(decimal)
    whole = rf"\d{{1,3}}(?:(?:[{SPACES}’]\d{{3}})+(?!\d)|(?:{re.escape(group)}\d{{3}})+(?!\d))|\d+"
    return re.compile(
        rf"""
          (?P<half>{HOUR})(?:[:.](?P<half_minute>[0-5]\d))?[{SPACES}]?(?P<day>[ap])\.?\s?m\b
        | (?P<clock>{HOUR})(?:[{SPACES}]?[hHu][{SPACES}]?|:)(?P<minute>[0-5]\d)(?![\w:])
        | (?P<full>{HOUR})[{SPACES}]?[hu](?!\w)
        | (?P<dotted>{HOUR})\.(?P<dotted_minute>[0-5]\d)(?=[{SPACES}]?(?:uur|Uhr)\b)
        | (?P<foreign>(?<![\d.,])\d+{re.escape(group)}\d{{1,2}}(?!\d|{re.escape(group)}\d))
        | (?P<number>(?:{whole})(?:{re.escape(decimal)}\d+)?)
        """,
        re.VERBOSE | re.IGNORECASE,
    )


def _read(found: re.Match[str], *, decimal: str, half_days: bool) -> Figure:
    part = {name: value for name, value in found.groupdict().items() if value is not None}
    if number := part.get("number") or part.get("foreign"):
        sign = decimal if "number" in part else _other_sign(decimal)
        values = _number(
            re.sub(rf"[{SPACES}’]", "", number),
            decimal=sign,
            rest=found.string[found.end() :],
            half_days=half_days,
        )
    else:
        values = _hours(part, half_days=half_days)
    return Figure(
        raw=found.group(),
        values=frozenset(values),
        span=found.span(),
        is_hour=not number and "full" not in part,
        is_foreign="foreign" in part,
    )


def _other_sign(decimal: str) -> str:
    return "," if decimal == "." else "."


def _hours(part: dict[str, str], *, half_days: bool) -> Iterator[str]:
    if "half" in part:
        hour = int(part["half"]) % 12 + 12 * (part["day"].lower() == "p")
        yield _hour(hour, part.get("half_minute", "0"))
    elif "clock" in part:
        yield _hour(int(part["clock"]), part["minute"])
        yield str(60 * int(part["clock"]) + int(part["minute"]))
        yield from _afternoon(int(part["clock"]), part["minute"], half_days=half_days)
    elif "dotted" in part:
        yield _hour(int(part["dotted"]), part["dotted_minute"])
    else:
        yield _hour(int(part["full"]), "0")
        yield str(int(part["full"]))


def _number(number: str, *, decimal: str, rest: str, half_days: bool) -> Iterator[str]:
    value = _plain(number, decimal=decimal)
    yield value
    yield from _scaled(value, rest=rest)
    clock = re.fullmatch(r"(\d{1,2})(?:[.,]([0-5]\d))?", number)
    if clock and int(clock.group(1)) <= 24:
        minute = clock.group(2)
        if minute or half_days or CLOCK_WORD.match(rest):
            yield _hour(int(clock.group(1)), minute or "0")
            yield from _afternoon(int(clock.group(1)), minute or "0", half_days=half_days)


def _plain(raw: str, *, decimal: str) -> str:
    """The value of a number without spaces: a point for its decimals, no needless zeros."""
    digits = "".join(str(unicodedata.digit(sign)) if sign.isdigit() else sign for sign in raw)
    whole, _, decimals = digits.partition(decimal)
    whole = re.sub(r"[.,]", "", whole).lstrip("0") or "0"
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


def _scaled(value: str, *, rest: str) -> Iterator[str]:
    """The value times the million or thousand that follows it."""
    if sign := SCALE_SIGN.match(rest):
        power = 6 if sign.group(1) == "M" else 9
    elif (word := SCALE_WORD.match(rest)) and word.group(1).lower() in SCALES:
        power = SCALES[word.group(1).lower()]
    else:
        return
    whole, _, decimals = value.partition(".")
    shifted = whole + decimals[:power].ljust(power, "0")
    yield shifted.lstrip("0") or "0"


def _hour(hour: int, minute: str) -> str:
    return f"{hour % 24:02}:{int(minute):02}"


def _afternoon(hour: int, minute: str, *, half_days: bool) -> Iterator[str]:
    if half_days and 1 <= hour <= 11:
        yield _hour(hour + 12, minute)


def _roman(numeral: str) -> int:
    values = [ROMAN_VALUES[letter] for letter in numeral]
    following = [*values[1:], 0]
    return sum(-one if one < after else one for one, after in zip(values, following, strict=True))
