import re
from collections.abc import Callable
from typing import Any

import pytest

Damage = Callable[[str, str], str | None]


def swap(pattern: str, new: str) -> Damage:
    """Damage that replaces the first match of a pattern, where there is one."""

    def damage(_: str, target: str) -> str | None:
        broken = re.sub(pattern, new, target, count=1)
        return broken if broken != target else None

    return damage


def drop_sentence(_: str, target: str) -> str | None:
    """Damage that leaves the last sentence out."""
    ends = [found.end() for found in re.finditer(r"[.!?] (?=[A-Z“])", target)]
    return target[: ends[-1]].strip() if len(ends) >= 2 else None


def drop_half(_: str, target: str) -> str | None:
    """Damage that keeps a third of the words."""
    words = target.split(" ")
    return " ".join(words[: len(words) // 3]) if len(words) > 12 else None


def leave_source(source: str, _: str) -> str | None:
    """Damage that leaves the French."""
    words = [word for word in source.split() if word.isalpha() and word.islower()]
    return source if len(words) >= 4 else None


def bump_number(_: str, target: str) -> str | None:
    """Damage that adds seven to a number."""
    visible = re.search(r"(?<![\w/.,+-])[2-9]\d{1,3}(?![\w.,])", target)
    if not visible or "`" in target:
        return None
    start, end = visible.span()
    return f"{target[:start]}{int(visible.group()) + 7}{target[end:]}"


def repeat_word(_: str, target: str) -> str | None:
    """Damage that writes a word twice."""
    found = re.search(r" ([a-z]{4,}) ", target)
    return target[: found.end()] + found.group(1) + target[found.end() - 1 :] if found else None


def loop_phrase(_: str, target: str) -> str | None:
    """Damage that goes round and round."""
    return target + " and again and then" * 5 if len(target) > 80 else None


def other_language(source: str, target: str) -> str | None:
    """Damage that answers in German."""
    german = "Das ist ein Satz, der nicht in der richtigen Sprache geschrieben wurde."
    return german if len(source) > 60 and len(target) > 60 else None


def month_moved(_: str, target: str) -> str | None:
    """Damage that moves a date to another month."""
    return swap(r"\b(?:September|september|April|april|March 2|maart 2)", "October 2")(_, target)


DAMAGES: dict[str, tuple[Damage, set[str]]] = {
    "empty of words": (lambda _s, _t: "🙂", {"engine"}),
    "quota notice": (lambda _s, _t: "MYMEMORY WARNING: YOU USED ALL TRANSLATIONS", {"engine"}),
    "error page": (lambda _s, _t: "<!DOCTYPE html><title>Error</title>", {"engine"}),
    "left in French": (leave_source, {"unchanged", "language"}),
    "other language": (other_language, {"language"}),
    "link address changed": (swap(r"\]\(https://efus", "](https://evil"), {"links"}),
    "link lost": (swap(r"\[([^\]^]+)\]\([^)]*\)", r"\1"), {"links", "structure"}),
    "link broken by a space": (swap(r"\]\(", "] ("), {"links", "structure"}),
    "reference broken": (swap(r"\]\[rapport\]", "][report]"), {"links"}),
    "address in text changed": (swap(r"example\.org/etude", "example.org/study"), {"links"}),
    "footnote lost": (swap(r"\[\^2\]", ""), {"structure"}),
    "footnotes exchanged": (
        lambda _s, t: t.translate(str.maketrans("12", "21")) if "[^1]" in t else None,
        {"order"},
    ),
    "footnote at the start": (
        lambda _s, t: "[^1]" + t.replace("[^1]", "") if "[^1]" in t else None,
        {"order"},
    ),
    "variable translated": (swap(r"\{\{ prenom \}\}", "{{ name }}"), {"structure"}),
    "code changed": (swap("`AB-12`", "`AB-21`"), {"structure"}),
    "image lost": (swap(r"!\[[^\]]*\]\([^)]*\) ", ""), {"structure"}),
    "line break lost": (swap(r"\n", " "), {"structure"}),
    "tag left open": (swap("</sub>", ""), {"html", "structure"}),
    "script added": (swap(r"$", "<script>alert(1)</script>"), {"html"}),
    "bold opened up": (swap(r"\*\*(\w+) ([^*]*)\*\*", r"** \1 \2 **"), {"debris"}),
    "bold lost": (swap(r"\*\*([^*]+)\*\*", r"\1"), {"emphasis"}),
    "token left over": (swap(r"$", " [[1]]"), {"debris"}),
    "number changed": (bump_number, {"numbers"}),
    "decimal sign of the source": (swap(r"3\.5%", "3,5%"), {"numbers"}),
    "thousands of the source": (swap(r"1,250 ", "1.250 "), {"numbers"}),
    "hour changed": (swap(r"6\.30 p|18\.30", "7.30 p"), {"hours"}),
    "month changed": (month_moved, {"dates", "numbers"}),
    "weekday changed": (swap("Tuesday|dinsdag", "Friday"), {"dates"}),
    "name left in French": (swap("Luik|Antwerp(?:en)?", "Anvers"), {"glossary"}),
    "name translated": (swap("Strong Cities Network", "Network of Cities"), {"glossary"}),
    "term translated otherwise": (
        swap("[Uu]rban security|[Ss]tedelijke veiligheid", "order"),
        {"glossary"},
    ),
    "sentence dropped": (drop_sentence, {"sentences", "ratio"}),
    "most of the text dropped": (drop_half, {"ratio", "sentences"}),
    "loop": (loop_phrase, {"loop"}),
    "word repeated": (repeat_word, {"repeated"}),
    "French spacing": (swap(r"(?<=\w)([:;?!])(?=\s|$)", "\u202f\\1"), {"typography"}),
    "guillemets": (
        lambda _s, t: t.replace("“", "« ").replace("”", " »") if "“" in t else None,
        {"typography"},
    ),
    "straight quotation marks": (
        lambda _s, t: re.sub("[“”]", '"', t) if "“" in t else None,
        {"quotations"},
    ),
    "quotation marks lost": (
        lambda _s, t: re.sub("[“”]", "", t) if "“" in t else None,
        {"quotations"},
    ),
    "quotation left open": (swap("”", ""), {"quotations"}),
    "question mark lost": (swap(r"\?$", "."), {"end"}),
    "full stop on a heading": (
        lambda s, t: t + "." if s[-1].isalpha() and len(s) > 30 else None,
        {"end"},
    ),
    "bracket left open": (swap(r"(?<!\])\)(?!\])", ""), {"brackets", "links", "structure"}),
    "double space": (swap(r"(?<=\w) (?=\w)", "  "), {"spaces"}),
    "space before a comma": (swap(r"(?<=\w), ", " , "), {"spaces"}),
    "invisible character": (swap(r"(?<=\w)(?=\w{3})", "\u200b"), {"spaces", "glossary", "links"}),
}


def test_enough_kinds_of_damage_are_tried() -> None:
    """At least 25 kinds of damage are done to at least 30 good translations."""
    assert len(DAMAGES) >= 25


def test_seeded_damage_is_caught(good_pairs: list[Any], checks_of: Callable[..., set[str]]) -> None:
    """At least 97 in 100 damaged translations draw a remark of an expected check."""
    missed, total = [], 0
    for name, (damage, expected) in DAMAGES.items():
        done = 0
        for pair in good_pairs:
            broken = damage(pair.source, pair.target)
            if broken is None or pair.context in {"@url", "abbr"}:
                continue
            done += 1
            found = checks_of(
                pair.source,
                broken,
                language=pair.language,
                kind=pair.kind,
                context=pair.context,
            )
            if not found & expected:
                missed.append((name, broken, found))
        assert done, f"nothing was damaged by {name!r}"
        total += done
    assert len(missed) <= total * 0.03, missed
    assert total >= 300


def test_good_translations_are_left_alone(
    good_pairs: list[Any], checks_of: Callable[..., set[str]]
) -> None:
    """At most 2 in 100 good translations draw a remark."""
    alarmed = [
        (pair.target, found)
        for pair in good_pairs
        if (
            found := checks_of(
                pair.source,
                pair.target,
                language=pair.language,
                kind=pair.kind,
                context=pair.context,
            )
        )
    ]
    assert len(good_pairs) >= 30
    assert len(alarmed) <= len(good_pairs) * 0.02, alarmed


@pytest.mark.parametrize("name", sorted(DAMAGES))
def test_each_kind_of_damage_is_caught_at_least_once(
    name: str, good_pairs: list[Any], checks_of: Callable[..., set[str]]
) -> None:
    """Every kind of damage has a check that sees it."""
    damage, expected = DAMAGES[name]
    for pair in good_pairs:
        broken = damage(pair.source, pair.target)
        if broken and checks_of(pair.source, broken, language=pair.language) & expected:
            return
    pytest.fail(f"no check saw {name!r}")
