from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flows.content.segments import cut_segments
from flows.content.source import read_article
from flows.domain.article import Article
from flows.domain.digest import Shown
from flows.domain.errors import InputError
from flows.domain.language import Language

HEAD = "title: Un titre\nauthor: La rédaction\ndate: 2026-10-06\n"
"""Three lines: what follows begins on the file's fifth."""
WHOLE = """articles:
  - section: Violences discriminatoires
    items: [harcelement-de-rue, {article: mediation-nocturne, as: full}]
  - section: Actions urbaines
    items:
      - article: city-pair
        link: https://efus.eu/city-pair
agenda:
  - title: Conférence annuelle
    from: 2026-12-03 09:30
    to: 2026-12-04 17:00
    zone: Europe/Brussels
    place: Liège
    link: https://efus.eu/conference
  - title: Journée d’étude
    date: 2026-12-10
"""


def read(folder: Path, fields: str) -> Article:
    """The digest with these fields below the usual ones."""
    article = folder / "lettre"
    article.mkdir()
    (article / "fr.md").write_text(f"---\n{HEAD}{fields}---\nÉdito.\n", encoding="utf-8")
    return read_article(article, language=Language("fr"))


def test_a_digest_is_read_whole(tmp_path: Path) -> None:
    """Sections with their articles, and an agenda with moments in their zone and with days."""
    front = read(tmp_path, WHOLE).front
    assert front.is_digest
    assert front.listed == ("harcelement-de-rue", "mediation-nocturne", "city-pair")
    assert [one.heading for one in front.articles] == [
        "Violences discriminatoires",
        "Actions urbaines",
    ]
    assert [item.shown for item in front.articles[0].items] == [Shown.TEASER, Shown.FULL]
    assert front.articles[1].items[0].link == "https://efus.eu/city-pair"
    conference, day = front.agenda
    assert conference.begins.astimezone(UTC) == datetime(2026, 12, 3, 8, 30, tzinfo=UTC)  # type: ignore[union-attr]  # timed
    assert conference.place == "Liège"
    assert conference.name == "conference-annuelle"
    assert (day.begins, day.calendar_end) == (date(2026, 12, 10), date(2026, 12, 11))


def test_the_simple_form_lists_articles_without_headings(tmp_path: Path) -> None:
    """One section, which has no heading."""
    (section,) = read(tmp_path, "articles: [un, {article: deux, as: full}]\n").front.articles
    assert (section.heading, [one.article for one in section.items]) == ("", ["un", "deux"])


def test_every_text_of_a_digest_is_a_segment_with_its_line(tmp_path: Path) -> None:
    """Headings, titles, places and addresses come after the editorial, where they stand."""
    segments = cut_segments(read(tmp_path, WHOLE))
    assert [(one.context, one.source, one.line) for one in segments[2:]] == [
        (None, "Édito.", 22),
        ("meta:section", "Violences discriminatoires", 6),
        ("meta:section", "Actions urbaines", 8),
        ("@url", "https://efus.eu/city-pair", 10),
        ("meta:agenda", "Conférence annuelle", 13),
        ("meta:venue", "Liège", 13),
        ("@url", "https://efus.eu/conference", 13),
        ("meta:agenda", "Journée d’étude", 19),
    ]


@pytest.mark.parametrize(
    ("fields", "line", "words"),
    [
        ("articles: city-pair\n", 5, "not a list"),
        ("articles: [../x]\n", 5, "name of an article"),
        ("articles:\n  - un\n  - [deux]\n", 7, "not what the field takes"),
        ("articles:\n  - un\n  - un\n", 7, "twice"),
        ("articles:\n  - article: un\n    as: half\n", 7, "neither teaser nor full"),
        ("articles:\n  - article: un\n    link: efus.eu\n", 7, "no address"),
        ("articles:\n  - article: un\n    size: 2\n", 7, "size"),
        ("articles:\n  - section: S\n", 6, "items"),
        ("articles:\n  - section: S\n    items: []\n", 6, "no articles"),
        ("articles:\n  - section: 12\n    items: [un]\n", 6, "takes text"),
        ("articles:\n  - section: S\n    items: [un]\n  - deux\n", 8, "outside"),
        ("agenda: {}\n", 5, "not a list"),
        ("agenda:\n  - date: 2026-12-03\n", 6, "title"),
        ("agenda:\n  - title: T\n", 6, "date:"),
        ("agenda:\n  - title: T\n    date: 2026-02-30\n", 7, "no day"),
        ("agenda:\n  - title: T\n    date: 3 décembre\n", 7, "no day"),
        ("agenda:\n  - title: T\n    date: 2026-12-03\n    to: 2026-12-04\n", 6, "date:"),
        ("agenda:\n  - title: T\n    from: 2026-12-03 09:30\n", 7, "zone"),
        ("agenda:\n  - title: T\n    from: 2026-12-03\n    zone: Liège\n", 8, "no time zone"),
        ("agenda:\n  - title: T\n    from: 0001-01-01 00:00\n    zone: Asia/Tokyo\n", 7, "skip"),
        ("agenda:\n  - title: T\n    from: 2026-12-03\n    to: 2026-12-01\n", 8, "before"),
        (
            "agenda:\n  - title: T\n    from: 2026-03-29 02:30\n    zone: Europe/Brussels\n",
            7,
            "skip",
        ),
        ("agenda:\n  - title: T\n    name: É\n    date: 2026-12-03\n", 7, "name of an entry"),
        (
            "agenda:\n  - title: T\n    date: 2026-12-03\n  - title: T\n    date: 2026-12-04\n",
            8,
            "the name 't'",
        ),
    ],
)
def test_what_a_digest_lists_wrongly_is_named_with_its_line(
    tmp_path: Path, fields: str, line: int, words: str
) -> None:
    """The editor reads which line, what is wrong with it, and what to write."""
    with pytest.raises(InputError, match=words) as caught:
        read(tmp_path, fields)
    assert caught.value.line == line
    assert caught.value.field in {"articles", "agenda"}
    assert caught.value.remedy
    assert caught.value.path
