import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from flows.content.segments import convert
from flows.domain.finding import Severity
from flows.domain.language import Language
from flows.domain.style import HouseStyle
from flows.translation.checks.inline import read_inline
from flows.translation.checks.registry import check_segment
from flows.translation.checks.remark import Remark

Names = Callable[..., set[str]]
Check = Callable[..., list[Remark]]

CASES: list[tuple[str, str, str, str]] = [
    ("structure", "Voir `a.b` ici.", "See `a.c` here.", "See `a.b` here."),
    ("links", "Le [site](https://a.test/x).", "The [site](https://b.test/x).",
     "The [site](https://a.test/x)."),
    ("debris", "Une **bonne** idée.", "A ** good ** idea.", "A **good** idea."),
    ("html", "Un <b>mot</b> ici.", "A <b>word here.", "A <b>word</b> here."),
    ("unchanged", "Des villes plus sûres pour tous", "Des villes plus sûres pour tous",
     "Safer cities for everyone"),
    ("language", "La ville est plus sûre pour les habitants.",
     "De stad is veiliger voor de bewoners en hun buren.", "The city is safer for its residents."),
    ("numbers", "Le réseau compte 250 villes.", "The network has 205 cities.",
     "The network has 250 cities."),
    ("hours", "Rendez-vous à 18h30.", "Meet at 7.30 pm.", "Meet at 6.30 pm."),
    ("dates", "En novembre, la ville agit.", "In October, the city acts.",
     "In November, the city acts."),
    ("glossary", "Une justice restaurative.", "A repairing justice.", "Restorative justice."),
    ("ratio", "La police et les habitants se parlent davantage qu’avant.", "They talk.",
     "The police and residents talk more than before."),
    ("sentences", "La ville agit. Elle écoute. Elle explique.",
     "The city acts. It explains.", "The city acts. It listens. It explains."),
    ("loop", "La ville agit pour ses habitants et pour ses quartiers chaque jour.",
     "the city is the city is the city is the city is the city is",
     "The city acts daily for its residents and its neighbourhoods."),
    ("typography", "Que faire ? Agir.", "What to do ? Act.", "What to do? Act."),
    ("quotations", "Un « pacte » local.", "A local pact.", "A local “pact”."),
    ("end", "La ville agit.", "The city acts", "The city acts."),
    ("brackets", "La ville (de nuit) agit.", "The city (at night acts.",
     "The city (at night) acts."),
    ("repeated", "La ville agit pour tous.", "The city acts for for all.",
     "The city acts for all."),
    ("spaces", "La ville, elle, agit.", "The city ,  it acts.", "The city, it acts."),
    ("emphasis", "Une *bonne* idée.", "A good idea.", "A *good* idea."),
    ("order", "Un pas[^1] puis deux[^2].", "A step[^2] then two[^1].", "A step[^1] then two[^2]."),
    ("capital", "La ville agit.", "the city acts.", "The city acts."),
    ("engine", "La ville agit.", "QUERY LENGTH LIMIT EXCEEDED", "The city acts."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "source", "bad", "good"), CASES, ids=[c[0] for c in CASES])
def test_a_check_sees_its_damage_and_leaves_the_good_text_alone(
    name: str, source: str, bad: str, good: str, checks_of: Names
) -> None:
    """Each check remarks on a damaged translation and says nothing of the right one."""
    assert name in checks_of(source, bad)
    assert checks_of(source, good) == set()


BLOCKING: list[tuple[str, str]] = [
    ("Le réseau compte 250 villes.", "The network has 205 cities."),
    ("Voir `a.b` ici.", "See here."),
    ("Des villes plus sûres pour tous", "Des villes plus sûres pour tous"),
    ("Le [site](https://a.test).", "The [site](javascript:alert(1))."),
    ("Un mot.", "A word.<script>x</script>"),
]


@pytest.mark.parametrize(("source", "bad"), BLOCKING)
def test_grave_damage_blocks(source: str, bad: str, check: Check) -> None:
    """What changes facts, links or markup is an error and comes first."""
    assert check(source, bad)[0].severity is Severity.ERROR


CLEAN: list[tuple[str, str, str]] = [
    ("L’aide est de 2,50 € pour 3 jours.", "De steun bedraagt 2,50 euro voor drie dagen.", "nl"),
    ("Deux villes ont signé.", "Both cities have signed.", "en"),
    ("Le 09/11/2019, la ville a signé.", "On 9 November 2019 the city signed.", "en"),
    ("Un prêt de 5 M€ est accordé.", "A loan of €5 million is granted.", "en"),
    ("De 9h à 17h, à la mairie.", "From 9 am to 5 pm, at city hall by the mayor.", "en"),
    ("La ville peut agir dès mai.", "The city may act from May.", "en"),
    ("Réunion le 3 mai à midi.", "Meeting on 3 May at 12 noon.", "en"),
    ("Elle dit : « Oui ! »", "She says: ‘Yes!’", "en"),
    ("Nashville, Tennessee", "Nashville, Tennessee", "en"),
    ("Participation", "Participation", "en"),
    ("Les violences, etc.", "Violence, etc.", "en"),
    ("C’est à 18h", "It is at 6 p.m.", "en"),
    ("Voir [ici](https://a.test/fr/x).", "See [here](https://a.test/en/x).", "en"),
    ("Le maire de Liège agit.", "De Luikse burgemeester van Luik treedt op.", "nl"),
    ("La sécurité urbaine avance.", "Het stedelijke veiligheidsbeleid gaat vooruit.", "nl"),
    ("Il a dit cela hier.", "He had had that that day.", "en"),
    ("Le train de 18h30 part.", "Der Zug um 18:30 Uhr fährt.", "de"),
    ("Une « idée » neuve.", "Eine neue „Idee“.", "de"),
    ("Le 3 mars, 1 250 villes.", "3 marca 1250 miast.", "pl"),
    ("Qui agit ?", "誰が行動するのか？", "ja"),
    ("La ville agit.", "تتحرك المدينة.", "ar"),
    ("Soit 1/3 des 30 000 habitants.", "A third of the 30,000 residents.", "en"),
    ("Les 15-25 ans sont touchés.", "Those aged 15 to 25 are affected.", "en"),
    ("Douze ateliers ont eu lieu.", "12 workshops took place.", "en"),
    ("Un projet sur 3 ans", "Een driejarig project", "nl"),
    ("Un numéro 24h/24 et 7j/7.", "A helpline open 24/7.", "en"),
    ("La formation dure 1h30.", "The training lasts 90 minutes.", "en"),
    ("Les années 1990", "De jaren negentig", "nl"),
    ("À 0h30, la fête finit.", "At 12.30 am the party ends.", "en"),
    ("Près de 1,5 million de personnes", "Nearly 1,500,000 people", "en"),
    ("Vendredi soir", "Vrijdagavond", "nl"),
    ("« Oui », dit M. Dupont, « mais… »", "“Yes,” says Mr Dupont, “but…”", "en"),
    ("Tableau 2.1 et section 3.4.", "Table 2.1 and section 3.4.", "en"),
    ("La ville écoute. Elle agit.", "The city listens and then acts.", "en"),
    ("Les mots « paix » et « ordre »", "De woorden ‘vrede’ en ‘orde’", "nl"),
    ("Programme : a) accueil ; b) visite.", "Programme: a) welcome; b) visit.", "en"),
]


@pytest.mark.parametrize(("source", "target", "language"), CLEAN)
def test_what_languages_write_differently_is_no_damage(
    source: str, target: str, language: str, checks_of: Names
) -> None:
    """Hours, numbers, months, marks and compounds follow the habits of each language."""
    assert checks_of(source, target, language=language) - {"glossary"} == set()


CAPITALS: list[tuple[str, str, str, str, set[str]]] = [
    ("h2", "Le soir, la ville veille", "’s Avonds waakt de stad", "nl", set()),
    ("p", "Le soir, la ville veille.", "’s avonds waakt de stad.", "nl", {"capital"}),
    ("li", "rassurer les passants", "reassuring passers-by", "en", set()),
    ("p", "**La** ville agit.", "**the** city acts.", "en", {"capital"}),
    ("p", "250 villes agissent.", "250 cities act.", "en", set()),
    ("h2", "Une ville plus sûre pour tous ses habitants",
     "A Safer City For All Its Residents", "en", {"capital"}),
    ("h2", "Une ville plus sûre pour tous ses habitants",
     "Eine sichere Stadt für alle Menschen, Gäste, Kinder", "de", set()),
    ("h2", "Le Forum Européen Pour Tous Ses Membres", "The European Forum For All Its Members",
     "en", set()),
    ("p", "La ville est plus sûre pour tous.", "The City Is Safer Now For Everybody.", "en", set()),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "source", "target", "language", "found"), CAPITALS)
def test_capitals_are_those_of_the_source(
    kind: str, source: str, target: str, language: str, found: set[str], checks_of: Names
) -> None:
    """A beginning keeps its capital; only headings are looked at for Title Case."""
    assert checks_of(source, target, kind=kind, language=language) & {"capital"} == found


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Voir HTTPS://a.eu/x.", "See HTTPS://b.eu/x."),
        ("Voir Www.a.eu.", "See Www.b.eu."),
        (r"Écrire à jean\_x@example.org.", r"Write to marc\_x@example.org."),
        (r"Voir https://a.eu/b\_c.", r"See https://a.eu/b\_d."),
        ("Voir https://a.eu/v_(ville).", "See https://a.eu/v_(stad)."),
        ("À mailto:a@b.eu?subject=c.", "To mailto:a@b.eu?subject=d."),
    ],
)
def test_a_bare_address_that_leads_elsewhere_is_told(
    source: str, target: str, checks_of: Names
) -> None:
    """However it is written."""
    assert "links" in checks_of(source, target)
    assert "links" not in checks_of(source, source)


def test_an_address_is_the_same_with_and_without_its_escapes(checks_of: Names) -> None:
    """It is about where a reader gets."""
    assert "links" not in checks_of(r"À jean\_x@a.eu ici.", "To jean_x@a.eu here.")


@pytest.mark.parametrize(
    "text",
    [
        "Voir HTTPS://a.eu/b_c-, (www.efus.eu/v_(ville)) et https://a.eu/{id}/x.",
        r"jean\_paul\_b@example.org, \_ada@example.org, _eva@example.org_",
        r"https://a.eu/b\_c\_ et mailto:a@b.eu?subject=c. mailto:a@b.eu?",
        "3.www.efus.eu/a@, ada@example, foo://a.eu, www. a@b.eu_c x.ada@a.eu.",
        r"'https://a.eu/l'eau' et 'ada@a.eu' «https://a.eu» a\.b\-c@a.eu **a@b.eu**",
    ],
)
def test_the_checks_see_the_addresses_that_the_letter_links(text: str) -> None:
    """No more, no fewer, no others."""
    html = convert(text, language=Language("fr")).html
    linked = re.findall(r'<a href="[^"]*">(.*?)</a>', html)

    assert read_inline(text, labels=frozenset()).addresses == linked


def test_a_link_to_the_source_s_page_is_told_where_the_site_has_another() -> None:
    """Only sites that are said to answer in the language, and only their `/fr/` tree."""
    style = HouseStyle(localised_sites={"efus.eu": ("fr", "en")})
    source = "[Un](https://www.efus.eu/fr/villes/?a=1), [deux](https://x.test/fr/)"
    target = source.replace("Un", "One").replace("deux", "two")
    ask = partial(
        check_segment,
        source,
        target,
        kind="p",
        context=None,
        source_language=Language("fr"),
        glossary=None,
        style=style,
    )
    [remark] = [one for one in ask(language=Language("en")) if one.check == "locale"]
    assert remark.fix == target.replace("eu/fr/villes", "eu/en/villes")
    assert [one for one in ask(language=Language("nl")) if one.check == "locale"] == []


def test_a_house_may_choose_its_quotation_marks() -> None:
    """The EU's English style has single marks outside; double ones inside are right, too."""
    style = HouseStyle(quotation_marks={"en": (("‘", "’"), ("“", "”"))})
    [remark] = check_segment(
        "Un « pacte » local.",
        'A local "pact".',
        kind="p",
        context=None,
        language=Language("en"),
        source_language=Language("fr"),
        glossary=None,
        style=style,
    )
    assert remark.fix == "A local ‘pact’."


def test_a_long_alternative_text_in_running_text_is_told(check: Check) -> None:
    """A screen reader reads it all."""
    picture = "![{}](https://x.test/p.png)"
    source, target = picture.format("Un plan"), picture.format("A map " * 25)
    [remark] = [one for one in check(source, target) if one.check == "length"]
    assert remark.reason == "long"


def test_an_address_that_leads_elsewhere_may_be_accepted_by_a_person(check: Check) -> None:
    """It is an error, since machines do it too, but an arguable one: pages are localised."""
    source = "Voir [la fiche](https://a.test/fiche)."
    [remark] = check(source, "See [the sheet](https://a.test/sheet).")
    assert (remark.severity, remark.is_arguable) == (Severity.ERROR, True)
    assert not check(source, "See the sheet.")[0].is_arguable


LENGTHS: list[tuple[str, int, int, Severity | None]] = [
    ("title", 50, 60, None),
    ("title", 50, 61, Severity.WARNING),
    ("subject", 50, 79, Severity.ERROR),
    ("preheader", 60, 39, Severity.WARNING),
    ("preheader", 60, 101, Severity.WARNING),
    ("image_alt", 100, 126, Severity.WARNING),
    ("summary", 60, 80, None),
]


@pytest.mark.parametrize(("kind", "source", "target", "severity"), LENGTHS)
def test_fields_have_room_for_so_many_characters(
    kind: str, source: int, target: int, severity: Severity | None, check: Check
) -> None:
    """Subjects, titles, preheaders and image texts are held to what mail programs show."""
    remarks = check("x" * source, "y" * target, kind=kind, context=f"meta:{kind}")
    found = [remark.severity for remark in remarks if remark.check == "length"]
    assert found == ([severity] if severity else [])


def test_a_source_too_long_itself_excuses_its_translation(checks_of: Names) -> None:
    """A translator is not asked to be shorter than the author."""
    assert "length" not in checks_of("x" * 73, "y" * 75, kind="title", context="meta:title")


FIXES: list[tuple[str, str, str, str]] = [
    ("Que faire ?", "What to do ?", "What to do?", "en"),
    ("« Agir », dit-il.", "« Agir », he says.", "“Agir”, he says.", "en"),
    ("Le [site](https://a.test).", "The [site] (https://a.test).", "The [site](https://a.test).",
     "en"),
    ("À Liège, on agit.", "In Liège treedt men op.", "In Luik treedt men op.", "nl"),
    ("En novembre, la ville agit.", "In October, the city acts.", "In November, the city acts.",
     "en"),
    ("La ville agit.", "The  city acts.", "The city acts.", "en"),
    ("La ville agit pour tous.", "The city acts for for all.", "The city acts for all.", "en"),
    ("Une **bonne** idée.", "A ** good ** idea.", "A **good** idea.", "en"),
    ("Un « pacte » local.", 'A local "pact".', "A local “pact”.", "en"),
    ("La ville agit.", "The city acts", "The city acts.", "en"),
    ("La ville agit.", "the city acts.", "The city acts.", "en"),
    ("La glace fond vite en été.", "ijs smelt snel in de zomer.", "IJs smelt snel in de zomer.",
     "nl"),
    ("Rendez-vous à 18h30.", "Meet at 7.30 p.m.", "Meet at 6.30 p.m.", "en"),
    ("Rendez-vous à 18h30.", "Afspraak om 19.30 uur.", "Afspraak om 18.30 uur.", "nl"),
    ("Rendez-vous à 18h30.", "Treffen um 19:30 Uhr.", "Treffen um 18:30 Uhr.", "de"),
    ("Un « pacte » local.", "A „pact“ here.", "A “pact” here.", "en"),
    ("Un « pacte » local.", "Ein “Pakt” vor Ort.", "Ein „Pakt“ vor Ort.", "de"),
    ("Un « pacte » local.", "Un « pacto » local.", "Un «pacto» local.", "es"),
    ("Un « pacte » local.", "Lokalny “pakt”.", "Lokalny „pakt”.", "pl"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "bad", "mended", "language"), FIXES)
def test_a_fix_is_the_whole_translation_mended(
    source: str, bad: str, mended: str, language: str, check: Check
) -> None:
    """Where the remedy is certain, a remark brings it."""
    assert mended in [remark.fix for remark in check(source, bad, language=language)]


def test_a_span_points_into_the_translation(check: Check) -> None:
    """A remark with a place says where in the translation as written."""
    remarks = check("La **ville** agit pour tous.", "The **city** acts for for all.")
    [remark] = [remark for remark in remarks if remark.check == "repeated"]
    assert remark.span is not None
    start, end = remark.span
    assert "The **city** acts for for all."[start:end] == "for for"


def test_an_empty_translation_draws_no_remark(check: Check) -> None:
    """Nothing can be said of what is not there; the catalogue says that it is missing."""
    assert check("La ville agit.", "  ") == []


def test_an_address_is_checked_as_an_address(checks_of: Names) -> None:
    """A segment of context `@url` may change its language's path and nothing else."""
    source = "https://efus.eu/fr/villes/"
    assert checks_of(source, "https://efus.eu/en/villes/", context="@url") == set()
    assert checks_of(source, "https://efus.test/en/villes/", context="@url") == {"links"}


def test_checks_work_without_a_glossary() -> None:
    """A workspace without a glossary is checked for everything else."""
    remarks: list[Any] = check_segment(
        "À Liège.",
        "In Liège.",
        kind="p",
        context=None,
        language=Language("nl"),
        source_language=Language("fr"),
        glossary=None,
    )
    assert remarks == []
