from flows.domain.language import Language
from flows.translation.checks.letters import check_letter

PAGE = """<html lang="{lang}"><head><title>x</title><style>p {{ color: red }}</style></head><body>
<h2 id="a">{heading}</h2><p>{text} <a href="{link}">x</a></p><img src="i.png" alt="">{more}
</body></html>"""
ORIGINAL = PAGE.format(
    lang="fr", heading="La nuit", text="La ville agit pour tous ses habitants.", link="#a", more=""
)


def reasons(*, judged: tuple[str, ...] = (), **parts: str) -> list[str]:
    """The reasons of what is found in an English letter with these parts."""
    sound = {
        "lang": "en",
        "heading": "Night",
        "text": "The city acts for all its residents.",
        "link": "#a",
        "more": "",
    }
    remarks = check_letter(
        PAGE.format(**{**sound, **parts}),
        original=ORIGINAL,
        language=Language("en"),
        source_language=Language("fr"),
        judged=judged,
    )
    return [remark.reason for remark in remarks]


def test_a_sound_letter_draws_no_remark() -> None:
    """Its language, links, images and words are as they should be."""
    assert reasons() == []


def test_what_is_left_in_the_source_s_language_is_told() -> None:
    """Text that no segment holds is found in the finished page."""
    left = "La ville est plus sûre pour les habitants et pour leurs voisins."
    assert reasons(more=f"<div>{left}</div>") == ["left"]
    assert reasons(more=f"<div>{left}</div>", judged=(left,)) == []


def test_links_within_the_letter_must_arrive() -> None:
    """An anchor without its heading leads nowhere."""
    assert reasons(link="#b") == ["anchor"]


def test_links_and_images_are_as_many_as_in_the_source_s_letter() -> None:
    """One more or less is worth a look."""
    assert reasons(more='<a href="https://a.test">y</a><img src="j.png" alt="">') == [
        "links",
        "images",
    ]
