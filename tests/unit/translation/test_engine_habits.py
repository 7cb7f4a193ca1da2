"""What engines are known to do to marks, against every inline construct of a newsletter."""

import re
from collections import Counter
from collections.abc import Callable

import markdown
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows.domain.segment import Segment
from flows.translation.engines.errors import BadAnswerError
from flows.translation.ladder import Draft
from tests.unit.translation.conftest import FR, NL, FunctionEngine, draft_segments, shift

SEGMENTS = [
    "La **ville** de Liège adhère au réseau.",
    "Une *mission* d’échange et **deux villes** du Tennessee.",
    "Voir le [programme complet](https://efus.example.org/fr/programme) de la journée.",
    'Le [rapport **annuel**](https://efus.example.org/r.pdf "Rapport de l’année") est paru.',
    "Ouvrir `newsletter.toml` puis relancer `make up`.",
    "La médiation[^1] nocturne, selon l’étude[^2].",
    "![Le maire de Liège](maire.jpg) prend la parole.",
    "Bonjour {{ recipient_name }}, voici la lettre.",
    "Écrire à <contact@efus.example.org> ou voir <https://efus.example.org>.",
    "Première ligne\ndeuxième **ligne** du poème",
    "Le réseau [Efus][efus] et ses [villes membres][villes].",
    'Un texte <span class="nom">balisé</span> et un <abbr title="x">sigle</abbr> utile.',
    "Recherche &amp; développement, 5&nbsp;% de plus pour **tous**.",
    "**Tout le paragraphe est en gras.**",
    "**Gras avec *italique* dedans** et la suite.",
    "***Très important*** pour la suite du projet.",
    "Un astérisque \\* et un dièse \\# dans le **texte**.",
    "Le site https://efus.example.org/a_b/c est **ouvert** à tous.",
    "Les villes [Liège](l), [Anvers](a) et [Gand](g) signent.",
    "**Liège**, *Verviers* et `Gand` sont là.",
    "« **Comment\u202f?** », demande le [maire](https://m.test/).",
    "H<sub>2</sub>O et **CO<sub>2</sub>** dans l’air des villes.",
    "Une note [1] entre crochets et un **mot** en gras.",
    "[![Logo de la ville](logo.png)](https://ville.test/) accueille la mission.",
    "Une image ![carte](c.png){: width=600 } et **un titre**{: .rouge } ici.",
    "{% if ville %}La ville{% endif %} vous invite au **débat**.",
    "Voir la [page (archives)](https://x.test/a_(b)) du *projet* européen.",
    "Le <b>maire</b><br>et le **conseil** de la [ville](https://v.test/?a=1&b=2).",
    "مرحبا **بلدية** Liège et le *réseau*.",
    "Prix\u00a0: **10\u00a0000 €** pour l’[association](mailto:a@b.test)\u202f!",
    "*Italique* au début et **gras** à la fin",
    "**Gras**",
    "**Gras** : *italique* ; `code` ! [lien](u) ?",
    "Un mot**en**trois morceaux et un *autre*mot collé.",
    "L’*été*, l’**hiver** et l’[automne](https://a.test/) d’*Anvers*.",
    "Le [premier](https://a.test/1) et le [second](https://a.test/1) mènent au même endroit.",
    'Le [lien](https://a.test/ "Titre avec « guillemets »") du **réseau**.',
    "Le [lien](<https://a.test/avec espace>) du réseau et sa *suite*.",
    "![](vide.png) Une image sans texte et un **mot**.",
    '![Plan](plan.png "Le plan de la ville") de la *ville* de Gand.',
    "Deux images ![une](1.png) et ![deux](2.png) côte à côte.",
    "Trois<br>lignes<br/>de **texte** simple",
    "Première\nseconde\ntroisième ligne du *poème* en prose",
    "Le code `a * b` et `**non**` restent tels quels dans le **texte**.",
    "Du code ``avec ` dedans`` et la suite de la *phrase*.",
    "Une note au milieu[^1] et une à la fin.[^2]",
    "[^1] Une note au début, puis du **gras**.",
    "Bonjour {{ nom | default('vous') }} et {{ ville }}, **bienvenue**.",
    "{# commentaire #} La {% if x %} **ville** {% else %} commune {% endif %} invite.",
    "Écrire à mairie@liege.test, ou au **secrétariat** du www.efus.test demain.",
    "&laquo;&nbsp;Texte&nbsp;&raquo; et *suite* &hellip;",
    "&copy; Efus &ndash; **tous** droits réservés &#8211; 2026",
    'Le <abbr title="Organisation">ONG</abbr> et <kbd>Ctrl</kbd>+<kbd>C</kbd> du *manuel*.',
    "<em>Balise</em> et *étoile*, <strong>balise</strong> et **étoiles**.",
    '<span lang="en">**City Pair**</span> et la *mission*',
    "Un lien [**gras** et *italique*](https://a.test/) dans la phrase.",
    "Un lien [avec `code`](https://a.test/) et une image [![logo](l.png)](https://b.test/).",
    "Une liste : **a)** *premier* ; **b)** *deuxième* ; **c)** *troisième*.",
    "10 * 2 = 20, **et** 3 * 4 = 12 villes",
    "Un_nom_de_fichier.txt et __vrai gras__ et _vrai italique_ ici",
    "« *Une citation* », dit **la maire**, « *une autre* ».",
    "(**Parenthèse** avec [lien](https://a.test/).)",
    "Le **40\u00a0%** des *villes* (2\u202f500) [répondent](https://a.test/?q=1&r=2#s).",
    "Un **mot{: .x }** étrange et un [lien](u){: .bouton target=_blank } marqué.",
    "**[Lien en gras](https://a.test/)** *[et en italique](https://b.test/)* fin",
    "***Tout** en un* et la suite",
    "Texte avec \\[crochets\\] et \\`accents\\` et du **gras**.",
    "Notes [1] et [[2]] de la version papier, **texte** [3].",
]
assert len(SEGMENTS) >= 60
DEFINITIONS = """

[efus]: https://efus.test/
[villes]: https://villes.test/

[^1]: Une.
[^2]: Deux.
"""
CLOSE = re.compile(r"\[\[/\d+\]\]|</g>")
ANY = re.compile(r"\[\[/?\d+\]\]|<g id=\"\d+\">|</g>|<x id=\"\d+\"/>")


def space_inside(text: str) -> str:
    """`[[ 1 ]]`, `< x id="1" />`."""
    text = re.sub(r"\[\[(/?)(\d+)\]\]", r"[[ \1 \2 ]]", text)
    return text.replace('"/>', '" / >').replace("</g>", "< / g >")


def space_around(text: str) -> str:
    """A space before and after each mark."""
    return ANY.sub(lambda match: f" {match.group()} ", text)


def widen(text: str) -> str:
    """Full-width brackets, curly quotes."""
    text = re.sub(r"\[\[(/?\d+)\]\]", r"［［\1］］", text)
    return re.sub(r'id="(\d+)"', r"id=“\1”", text)


def thin(text: str) -> str:
    """One bracket for two; empty elements with an end tag."""
    text = re.sub(r"\[\[(/?\d+)\]\]", r"[\1]", text)
    return re.sub(r'<x id="(\d+)"/>', r'<x id="\1"></x>', text)


def double_first(text: str) -> str:
    """The first mark twice."""
    return ANY.sub(lambda match: match.group() * 2, text, count=1)


def reverse_marks(text: str) -> str:
    """All marks in their places, in the opposite order."""
    marks = ANY.findall(text)
    return ANY.sub(lambda _: marks.pop(), text)


def move_to_start(text: str) -> str:
    """All marks before the words, which is what some engines do to placeholders."""
    return "".join(ANY.findall(text)) + ANY.sub("", text)


def truncate(text: str) -> str:
    """Nothing after the first mark."""
    first = ANY.search(text)
    return text[: first.end()] if first else text


def raise_bad_answer(_text: str) -> str:
    """What an adapter makes of an error page."""
    raise BadAnswerError("function", "answered with a notice or a web page")


HABITS: dict[str, Callable[[str], str]] = {
    "none": lambda text: text,
    "spaces inside marks": space_inside,
    "spaces around marks": space_around,
    "spaces lost around marks": lambda text: re.sub(rf" ?({ANY.pattern}) ?", r"\1", text),
    "full-width marks": widen,
    "thin marks": thin,
    "one closing mark lost": lambda text: CLOSE.sub("", text, count=1),
    "first mark lost": lambda text: ANY.sub("", text, count=1),
    "all marks lost": lambda text: ANY.sub("", text),
    "first mark doubled": double_first,
    "marks in reverse": reverse_marks,
    "marks moved to the start": move_to_start,
    "numbers changed": lambda text: re.sub(r"\d+", lambda m: str(int(m.group()) + 1), text),
    "truncated": truncate,
    "stars added": lambda text: ANY.sub(lambda match: f"**{match.group()}", text, count=1),
    "marks escaped": lambda text: ANY.sub(
        lambda m: m.group().replace("<", "&lt;").replace("[[", "[&#91;"), text
    ),
    "no-break spaces inside marks": lambda text: space_inside(text).replace(" ", "\u00a0", 4),
    "marks in quotation marks": lambda text: ANY.sub(lambda m: f"« {m.group()} »", text, count=1),
    "marks of another number": lambda text: ANY.sub("[[77]]", text, count=1),
    "the whole twice": lambda text: f"{text} {text}",
    "HTML added": lambda text: f"<p>{text}</p><script>alert(1)</script>",
    "a link added": lambda text: f"{text} [ici](https://elders.test/)",
    "a variable added": lambda text: f"{text} {{{{ secret }}}}",
    "line breaks added": lambda text: text.replace(" ", "\n", 2),
    "nothing": lambda _text: "",
    "an error page": raise_bad_answer,
}
HARMLESS = (
    "none",
    "spaces inside marks",
    "spaces around marks",
    "spaces lost around marks",
    "full-width marks",
    "thin marks",
    "line breaks added",
)
ADDING = frozenset({"HTML added", "a link added", "a variable added", "the whole twice"})
"""What is added to every answer is in the last one, too."""
MENDABLE = frozenset(HABITS) - ADDING - {"nothing", "an error page"}


async def draft(source: str, habit: str, *, encodings: tuple[str, ...]) -> Draft:
    """The draft of one segment by an engine with a habit."""
    engine = FunctionEngine(answer=lambda text: HABITS[habit](shift(text)), encodings=encodings)
    segment = Segment(source=source, kind="p")
    drafts = [d async for _, d in draft_segments([segment], engine=engine, source=FR, target=NL)]
    return drafts[0]


def list_structure(text: str) -> Counter[str]:
    """Tags with targets of a whole document that holds the text, and braces and debris in it."""
    document = text.replace("\n", "  \n") + DEFINITIONS
    html = markdown.markdown(document, extensions=["extra", "sane_lists"])
    words = re.sub(r"<[^>]*>", "", html)
    tags = re.findall(r"<(/?[a-z]\w*)(?:[^>]*?(?:href|src)=\"([^\"]*)\")?[^>]*>", html)
    found = Counter(f"{tag} {target}" for tag, target in tags)
    found.update(re.findall(r"\{\{.*?\}\}|\{%.*?%\}|\[\[|\]\]|\*\*|\]\(", words))
    return found


def is_whole(source: str, target: str, *, sober: bool) -> bool:
    """Whether the target has what the source has, but for emphasis where it was given up."""
    before, after = list_structure(source), list_structure(target)
    if sober:
        emphasis = {"strong ", "/strong ", "em ", "/em ", "b ", "/b "}
        before = Counter({name: n for name, n in before.items() if name not in emphasis})
        after = Counter({name: n for name, n in after.items() if name not in emphasis})
    return before == after


@pytest.mark.parametrize("encodings", [("brackets",), ("xml", "brackets"), ("plain",)])
@pytest.mark.parametrize("habit", list(HABITS))
async def test_nothing_broken_is_accepted(habit: str, encodings: tuple[str, ...]) -> None:
    """Whatever the engine does, a draft has the source's structure or does not exist."""
    for source in SEGMENTS:
        made = await draft(source, habit, encodings=encodings)
        if made.text is not None:
            sober = made.level.startswith("no-emphasis")
            assert is_whole(source, made.text, sober=sober), (source, made)


@pytest.mark.parametrize("encodings", [("brackets",), ("xml", "brackets"), ("plain",)])
@pytest.mark.parametrize("habit", sorted(MENDABLE))
async def test_what_can_be_mended_is_not_left_to_a_person(
    habit: str, encodings: tuple[str, ...]
) -> None:
    """Run by run, at the worst, every segment gets its draft."""
    drafts = [await draft(source, habit, encodings=encodings) for source in SEGMENTS]
    assert [made for made in drafts if made.text is None] == []


@pytest.mark.parametrize("encodings", [("brackets",), ("xml", "brackets")])
@pytest.mark.parametrize("habit", HARMLESS)
async def test_a_healthy_engine_needs_no_second_request(
    habit: str, encodings: tuple[str, ...]
) -> None:
    """What only concerns spaces and the shape of marks is read as it was meant."""
    for source in SEGMENTS:
        made = await draft(source, habit, encodings=encodings)
        assert made.level in {f"full/{encodings[0]}", "plain"}, (source, made)
        assert made.trail == ()


WORDS = st.lists(
    st.sampled_from(
        [
            "la",
            "ville",
            "de",
            "Liège",
            "et",
            "l’été",
            "12",
            "«",
            "maire",
            "»,",
            "sécurité\u202f!",
            "R&D",
        ]
    ),
    min_size=1,
    max_size=4,
).map(" ".join)
LEAVES = st.one_of(
    WORDS,
    st.sampled_from(
        [
            "`code * ici`", "[^1]", "![le maire](m.jpg)", '![plan](p.png "Le plan")', "&nbsp;",
            "{{ nom }}", "<https://efus.test/>", "\\*", "<br>", "\n", "https://a.test/b_c",
            "a@b.test", "⟦html3⟧", "&amp;",
        ]
    ),
)  # fmt: skip


def wrap(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Constructs around others, and several in a row."""
    return st.one_of(
        inside.map(lambda text: f"**{text.strip()}**"),
        inside.map(lambda text: f"*{text.strip()}*"),
        # There is no link within a link.
        inside.filter(lambda text: "[" not in text).map(
            lambda t: f"[{t.strip()}](https://a.test/)"
        ),
        inside.map(lambda text: f'<span class="x">{text}</span>'),
        st.lists(inside, min_size=2, max_size=4).map(" ".join),
    )


MARKED_UP = st.recursive(LEAVES, wrap, max_leaves=8).map(str.strip).filter(bool)


@settings(max_examples=300, deadline=None)
@given(
    source=MARKED_UP,
    habit=st.sampled_from(sorted(HABITS)),
    encodings=st.sampled_from([("brackets",), ("xml", "brackets"), ("plain",)]),
)
@example(source="**b****b**__la", habit="marks of another number", encodings=("brackets",))
@example(source="lala***la*i*", habit="marks moved to the start", encodings=("brackets",))
@example(source="***\\* `code * ici` **** la***", habit="marks in reverse", encodings=("brackets",))
@example(source="****** la**", habit="all marks lost", encodings=("brackets",))
async def test_nothing_broken_is_accepted_of_any_markup(
    source: str, habit: str, encodings: tuple[str, ...]
) -> None:
    """However constructs stand in each other."""
    made = await draft(source, habit, encodings=encodings)
    if made.text is not None:
        sober = made.level.startswith("no-emphasis")
        assert is_whole(source, made.text, sober=sober), made


@settings(max_examples=200, deadline=None)
@given(source=MARKED_UP, encodings=st.sampled_from([("brackets",), ("xml", "brackets")]))
async def test_a_healthy_engine_leaves_nothing_to_a_person(
    source: str, encodings: tuple[str, ...]
) -> None:
    """Any markup comes through an engine that leaves marks alone."""
    made = await draft(source, "none", encodings=encodings)
    assert made.text is not None, made


@pytest.mark.parametrize("habit", ["nothing", "an error page"])
async def test_an_engine_without_answers_leaves_all_to_a_person(habit: str) -> None:
    """Never the source in the translation's place."""
    for source in SEGMENTS:
        made = await draft(source, habit, encodings=("brackets",))
        assert made.text is None
        assert made.level == "left"
        assert made.trail
