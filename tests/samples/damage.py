"""Ways in which machines and tired people spoil a good translation, and who should notice."""

import re
from collections.abc import Callable
from typing import NamedTuple

from flows.translation.checks.calendars import Field, calendar_names, read_names, written_names
from flows.translation.checks.prose import sentences
from flows.translation.checks.quotations import marks_of
from flows.translation.glossary import Glossary
from tests.samples.pairs import GoodPair

Spoil = Callable[[GoodPair], str | None]
"""The translation spoilt, or `None` where it offers nothing to spoil."""

STRANGERS = {
    "de": "Deze zin is niet in de taal die de lezer van deze brief had verwacht.",
    "": "Das ist ein Satz, der nicht in der richtigen Sprache geschrieben wurde.",
}
LETTER = re.compile(r"[^\W\d_]")
QUOTED = re.compile(r"[“«„‘](?=\w)(?P<inside>[^“”«»„‘]+)[”»“’](?!\w)")
HEADINGS = frozenset({"h2", "h3", "title", "subject"})


class Kind(NamedTuple):
    """One kind of damage, and the checks of which one should see it."""

    spoil: Spoil
    expected: frozenset[str]


def swap(pattern: str, new: str, *, only: str = "") -> Spoil:
    """Spoils the first match of a pattern; `only` names languages."""

    def spoil(pair: GoodPair) -> str | None:
        if only and pair.language not in only.split():
            return None
        broken = re.sub(pattern, new, pair.target, count=1)
        return broken if broken != pair.target else None

    return spoil


def put(text: str) -> Spoil:
    """Something else altogether, in place of words."""
    return lambda pair: text if re.search(r"[^\W\d_]{2}", pair.source) else None


def leave_source(pair: GoodPair) -> str | None:
    """The French, untouched."""
    words = [word for word in pair.source.split() if word.isalpha() and word.islower()]
    return pair.source if len(words) >= 4 else None


def leave_sentence(pair: GoodPair) -> str | None:
    """The last sentence, in French."""
    source, target = sentences(pair.source), sentences(pair.target)
    if len(source) < 2 or len(target) < 2 or len(source[-1]) < 60:
        return None
    at = pair.target.rfind(target[-1])
    return pair.target[:at] + source[-1] if at > 0 and "[" not in target[-1] else None


def other_language(pair: GoodPair) -> str | None:
    """An answer in a language that nobody asked for."""
    long_enough = len(pair.source) > 60 and len(pair.target) > 60
    return STRANGERS.get(pair.language, STRANGERS[""]) if long_enough else None


def change_number(pair: GoodPair) -> str | None:
    """Another number."""
    found = re.search(r"(?<![\w/.,:+–-])[2-9]\d{1,3}(?![\w.,:])(?! [\d%])", pair.target)
    if not found or "`" in pair.target or found.group() not in pair.source:
        return None
    start, end = found.span()
    return f"{pair.target[:start]}{int(found.group()) + 7}{pair.target[end:]}"


def drop_number(pair: GoodPair) -> str | None:
    """A number less."""
    found = re.search(r"(?<![\w/.,+–-])[2-9]\d{2,3} (?=\w)", pair.target)
    if not found or "`" in pair.target or pair.source.count(found.group().strip()) != 1:
        return None
    return pair.target[: found.start()] + pair.target[found.end() :]


def move_name(field: Field, step: int) -> Spoil:
    """Another month or weekday."""

    def spoil(pair: GoodPair) -> str | None:
        names = read_names(pair.target, field=field, language=pair.language)
        sure = [name for name in names if name.sure and len(name.raw) > 3]
        if not sure or not calendar_names(field, language="fr"):
            return None
        written = written_names(field, language=pair.language)
        numbers = sorted(written)
        used = {name.number for name in names}
        new = next(
            number
            for shift in range(step, step + 12)
            if (number := numbers[(numbers.index(sure[0].number) + shift) % len(numbers)])
            not in used
        )
        start, end = sure[0].span
        return pair.target[:start] + written[new] + pair.target[end:]

    return spoil


def drop_sentence(pair: GoodPair) -> str | None:
    """A sentence less."""
    parts = sentences(pair.target)
    if len(parts) < 3 or len(sentences(pair.source)) < 3:
        return None
    kept = pair.target.replace(parts[1], "", 1).replace("  ", " ").strip()
    return kept if "[" not in parts[1] else None


def keep_third(pair: GoodPair) -> str | None:
    """A third of the words."""
    words = pair.target.split(" ")
    return " ".join(words[: len(words) // 3]) if len(words) > 12 else None


def go_round(pair: GoodPair) -> str | None:
    """The same words again and again."""
    found = re.search(r"(?<=\s)[^\W\d_]+ [^\W\d_]+ [^\W\d_]+(?=\s)", pair.target)
    if not found or len(pair.target) < 80:
        return None
    return pair.target[: found.end()] + f" {found.group()}" * 5 + pair.target[found.end() :]


def repeat_word(pair: GoodPair) -> str | None:
    """A word twice."""
    found = re.search(r" ([a-z]{4,}) ", pair.target)
    if not found:
        return None
    return pair.target[: found.end()] + found.group(1) + pair.target[found.end() - 1 :]


def requote(opener: str, closer: str, *, only: str) -> Spoil:
    """Other marks around a quotation."""

    def spoil(pair: GoodPair) -> str | None:
        own = marks_of(pair.language)[0]
        found = re.search(f"{own[0]}(.+?){own[1]}", pair.target)
        if pair.language not in only.split() or not found:
            return None
        start, end = found.span()
        return f"{pair.target[:start]}{opener}{found.group(1)}{closer}{pair.target[end:]}"

    return spoil


def lose_quotes(pair: GoodPair) -> str | None:
    """A quotation without its marks."""
    found = QUOTED.search(pair.target)
    if not found or "«" not in pair.source:
        return None
    return pair.target[: found.start()] + found["inside"] + pair.target[found.end() :]


def open_quote(pair: GoodPair) -> str | None:
    """A quotation that never ends."""
    closer = marks_of(pair.language)[0][1]
    return pair.target.replace(closer, "", 1) if closer in pair.target else None


def add_stop(pair: GoodPair) -> str | None:
    """A full stop on a heading."""
    is_heading = pair.kind in HEADINGS and pair.source[-1].isalpha() and len(pair.target) > 12
    return f"{pair.target}." if is_heading else None


def small_letter(pair: GoodPair) -> str | None:
    """A small letter where the text begins."""
    first = LETTER.search(pair.target)
    is_plain = first and pair.source[:1].isupper() and pair.target[:1].isupper()
    if not first or not is_plain or pair.context in {"abbr", "@url"}:
        return None
    return pair.target[0].lower() + pair.target[1:]


def title_case(pair: GoodPair) -> str | None:
    """A heading With A Capital On Every Word."""
    words = [word for word in re.findall(r"[^\W\d_]+", pair.target)[1:] if len(word) > 3]
    if pair.kind not in HEADINGS or pair.language == "de" or len(words) < 4:
        return None
    return re.sub(r"(?<![\w’'])[^\W\d_]", lambda found: found.group().upper(), pair.target)


def too_long(pair: GoodPair) -> str | None:
    """A subject that no mailbox shows."""
    fits = pair.kind in {"title", "subject"} and len(pair.source) < 78
    return pair.target + " en " * ((82 - len(pair.target)) // 4) + " plus" if fits else None


def misuse_terms(glossary: Glossary, *, names: bool) -> Spoil:
    """A name of the glossary left in French, or a term rendered by a word of no meaning."""

    def spoil(pair: GoodPair) -> str | None:
        for term in glossary.terms_in(pair.source, language=pair.language):
            wordings = term.entry.wordings_in(pair.language)
            is_name = any(map(str.isupper, term.entry.source))
            used = next((one for one in wordings if one in pair.target), None)
            changed = term.entry.source not in wordings
            if used and changed and is_name == names and pair.target.count(used) == 1:
                new = term.entry.source if names else "zaak"
                return pair.target.replace(used, new)
        return None

    return spoil


def kinds(glossary: Glossary) -> dict[str, Kind]:
    """Every kind of damage by its name."""
    listed: dict[str, tuple[Spoil, str]] = {
        "an emoji": (put("🙂"), "engine"),
        "a quota notice": (put("MYMEMORY WARNING: YOU USED ALL TRANSLATIONS"), "engine"),
        "an error page": (put("<!DOCTYPE html><title>Error</title>"), "engine"),
        "left in French": (leave_source, "unchanged language"),
        "a sentence left in French": (leave_sentence, "language"),
        "another language": (other_language, "language"),
        "link leads elsewhere": (swap(r"\]\(https://", "](https://evil."), "links"),
        "link lost": (swap(r"(?<!!)\[([^\]^]+)\]\([^)]*\)", r"\1"), "links"),
        "link spaced apart": (swap(r"(?<!\^\d)\]\((?=h|m)", "] ("), "links debris"),
        "reference renamed": (swap(r"\]\[rapport\]", "][report]"), "links"),
        "bare address changed": (swap(r"example\.org/etude", "example.org/study"), "links"),
        "footnote lost": (swap(r"\[\^\d\]", ""), "structure"),
        "footnotes exchanged": (
            lambda pair: (
                pair.target.translate(str.maketrans("12", "21")) if "[^2]" in pair.target else None
            ),
            "order",
        ),
        "footnote at the start": (
            lambda pair: (
                "[^1]" + pair.target.replace("[^1]", "") if "[^1]" in pair.target else None
            ),
            "order",
        ),
        "variable translated": (swap(r"\{\{ prenom \}\}", "{{ name }}"), "structure"),
        "code changed": (swap("`AB-12`", "`AB-21`"), "structure"),
        "image lost": (swap(r"!\[[^\]]*\]\([^)]*\) ", ""), "structure"),
        "line break lost": (swap(r"\n", " "), "structure"),
        "tag left open": (swap("</sub>", ""), "html structure"),
        "script added": (swap(r"$", "<script>alert(1)</script>"), "html"),
        "handler added": (swap(r"$", '<b onclick="x()">!</b>'), "html"),
        "bold opened up": (swap(r"\*\*(\w+)([^*]*)\*\*", r"** \1\2 **"), "debris"),
        "bold lost": (swap(r"\*\*([^*]+)\*\*", r"\1"), "emphasis"),
        "italics lost": (swap(r"(?<!\*)\*([^*]+)\*(?!\*)", r"\1"), "emphasis"),
        "token left over": (swap(r"$", " [[1]]"), "debris"),
        "apostrophe escaped": (swap("’", "&#39;"), "debris"),
        "number changed": (change_number, "numbers"),
        "number dropped": (drop_number, "numbers"),
        "decimal comma in English": (swap(r"(?<=\d)\.(?=\d%)", ",", only="en"), "numbers"),
        "thousands by a point in English": (
            swap(r"(?<=\d),(?=\d{3} )", ".", only="en"),
            "numbers",
        ),
        "hour changed": (swap(r"(?<![\d,])9(?=[.:h]\d\d)|18(?=[.:h]30)|6(?=\.30)", "7"), "hours"),
        "month changed": (move_name("months", 2), "dates"),
        "weekday changed": (move_name("days", 3), "dates"),
        "name left in French": (misuse_terms(glossary, names=True), "glossary"),
        "term rendered otherwise": (misuse_terms(glossary, names=False), "glossary"),
        "kept name translated": (swap("Strong Cities Network", "Network of Cities"), "glossary"),
        "sentence dropped": (drop_sentence, "sentences ratio"),
        "most of it dropped": (keep_third, "ratio sentences"),
        "going round": (go_round, "loop"),
        "word repeated": (repeat_word, "repeated"),
        "French spacing": (swap(r"(?<=\w)([:;?!])(?=\s|$)", "\u202f\\1"), "typography"),
        "French guillemets": (requote("« ", " »", only="en nl de es it pt pl"), "typography"),
        "English marks": (requote("“", "”", only="de pl"), "typography"),
        "German marks": (requote("„", "“", only="en nl es it pt"), "typography"),
        "straight marks": (requote('"', '"', only="en nl de es it pt pl"), "quotations"),
        "quotation lost": (lose_quotes, "quotations"),
        "quotation left open": (open_quote, "quotations"),
        "question mark lost": (swap(r"\?$", "."), "end"),
        "end mark lost": (swap(r"(?<=\w{3})[.;]$", ""), "end"),
        "full stop on a heading": (add_stop, "end"),
        "bracket left open": (swap(r"(?<=[\w\])])\)(?=[ .;,])", ""), "brackets links structure"),
        "double space": (swap(r"(?<=\w) (?=\w)", "  "), "spaces"),
        "space before a comma": (swap(r"(?<=\w), ", " , "), "spaces"),
        "invisible character": (swap(r"(?<=\w)(?=\w{3})", "\u200b"), "spaces"),
        "small letter at the start": (small_letter, "capital"),
        "title case": (title_case, "capital"),
        "subject too long": (too_long, "length"),
        "link to the French page": (swap(r"example\.org/[a-z]{2}/", "example.org/fr/"), "locale"),
    }
    return {name: Kind(spoil, frozenset(seen.split())) for name, (spoil, seen) in listed.items()}
