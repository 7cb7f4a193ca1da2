"""WordPress: its export and the answers of its REST API."""

import json

import pytest

from flows.domain.errors import InputError, NotFoundError
from flows.operations.arrivals.kinds import recognise
from flows.operations.checking import check_language
from flows.operations.library import Library
from tests.functional.arrivals.conftest import FR, Bring, article_of
from tests.unit.content.pictures import a_photo

CLASSIC = (
    "Les <strong>médiateurs</strong> écoutent.\nEncore eux.\n\n<h2>À quoi bon&nbsp;?</h2>\n\n"
    '[caption id="a" width="300"]<img src="https://ville.test/wp-content/place.jpg" alt="" />'
    'La place, vide[/caption]\n\n[gallery ids="1,2"]\n\nFin [sic] du texte.'
)
BLOCKS = (
    "<!-- wp:paragraph -->\n<p>Un paragraphe entier, avec «&nbsp;des guillemets&nbsp;».</p>\n"
    '<!-- /wp:paragraph -->\n<!-- wp:list --><ul class="wp-block-list"><li>un</li><li>deux</li>'
    "</ul><!-- /wp:list -->"
)


def an_item(number: int, title: str, content: str, *, kind: str = "post", more: str = "") -> str:
    """One item of an export."""
    return (
        f"<item><title>{title}</title><link>https://ville.test/{number}/</link>"
        f"<dc:creator>camille</dc:creator><content:encoded><![CDATA[{content}]]></content:encoded>"
        "<excerpt:encoded><![CDATA[Un <b>résumé</b>.]]></excerpt:encoded>"
        f"<wp:post_id>{number}</wp:post_id><wp:post_date>2026-10-0{number} 09:00:00</wp:post_date>"
        f"<wp:post_type>{kind}</wp:post_type><wp:status>publish</wp:status>"
        '<category domain="category" nicename="a">Actualités</category>'
        '<category domain="post_tag" nicename="b"><![CDATA[nuit &amp; ville]]></category>'
        f"{more}</item>"
    )


def an_export(*items: str) -> str:
    """An export with these items."""
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n<rss version="2.0" '
        'xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Ville</title>'
        "<wp:wxr_version>1.2</wp:wxr_version><wp:author><wp:author_login>camille</wp:author_login>"
        "<wp:author_display_name>Camille Martin</wp:author_display_name></wp:author>"
        f"{''.join(items)}</channel></rss>"
    )


THUMBNAIL = (
    "<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>3</wp:meta_value>"
    "</wp:postmeta>"
)
ATTACHMENT = an_item(3, "tete", "", kind="attachment").replace(
    "</item>",
    "<wp:attachment_url>https://ville.test/wp-content/tete.jpg</wp:attachment_url><wp:postmeta>"
    "<wp:meta_key>_wp_attachment_image_alt</wp:meta_key><wp:meta_value>Une médiatrice"
    "</wp:meta_value></wp:postmeta></item>",
)
EXPORT = an_export(
    an_item(1, "La médiation &amp; la nuit", CLASSIC, more=THUMBNAIL),
    an_item(2, "Deux", BLOCKS),
    ATTACHMENT,
)


def test_one_post_of_an_export_becomes_an_article(library: Library, bring: Bring) -> None:
    """With its author's name, its tags, its picture, and what its old editor left unsaid."""
    placed = bring(EXPORT, "export.xml", post="1", fetch=lambda _: a_photo())
    article = article_of(library, placed)
    front = article.front
    assert (front.title, front.author, front.date, front.summary, front.tags) == (
        "La médiation & la nuit",
        "Camille Martin",
        "2026-10-01",
        "Un résumé.",
        ("nuit & ville",),
    )
    assert (front.image, front.image_alt) == ("tete.jpg", "Une médiatrice")
    assert article.body.strip() == (
        "Les **médiateurs** écoutent.\\\nEncore eux.\n\n"
        "## À quoi bon\u00a0?\n\n"
        '![La place, vide](place.jpg "La place, vide")\n\n'
        "Fin \\[sic\\] du texte."
    )
    assert any("[gallery]" in one for one in placed.losses)
    assert [one for one in check_language(library, article.slug, FR) if one.blocks] == []


def test_blocks_of_the_old_editor_stand_apart_from_the_text_around_them(
    library: Library, bring: Bring
) -> None:
    """As WordPress shows them, whatever blank lines there are."""
    text = (
        "Un début sur\ndeux lignes.\n<h2>Titre</h2>\nAprès.\n<ul>\n<li>un</li>\n<li>deux</li>\n"
        "</ul>\n<blockquote>Elle dit\n\noui.</blockquote>\nAvant.\n<pre>a\n\nb</pre>\nFin."
    )
    placed = bring(an_export(an_item(1, "Un", text)), "export.xml", fetch=None)
    assert article_of(library, placed).body.strip() == (
        "Un début sur\\\ndeux lignes.\n\n## Titre\n\nAprès.\n\n- un\n- deux\n\n"
        "> Elle dit\n>\n> oui.\n\nAvant.\n\n```\na\n\nb\n```\n\nFin."
    )


@pytest.mark.parametrize(
    ("written", "kept", "left_out"),
    [
        (
            "Le [button] bleu, la [row] 3, [tab] et [video] conférence",
            "Le \\[button\\] bleu, la \\[row\\] 3, \\[tab\\] et \\[video\\] conférence",
            "",
        ),
        ("a [button]Venez[/button] b", "a Venez b", "the shortcode [button] was left out"),
        ('a [video src="v.mp4"] b', "a b", 'the shortcode [video] was left out: src="v.mp4"'),
        ("a <button>Partager</button> b", "a b", "a button was left out: Partager"),
        ("a<script>x()</script> b", "a b", "a script was left out"),
    ],
)
def test_words_in_brackets_stay_and_what_goes_is_told(
    library: Library, bring: Bring, written: str, kept: str, left_out: str
) -> None:
    """A shortcode has fields, or an end."""
    post = a_post(7, content={"rendered": f"<p>{written}</p>"}, _embedded={})
    placed = bring(json.dumps(post), "post.json")
    assert article_of(library, placed).body.strip() == kept
    assert [one for one in placed.losses if "left out" in one] == [left_out] * bool(left_out)


def test_the_posts_of_an_export_are_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Attachments and menus are none."""
    path = tmp_path_factory.mktemp("export") / "export.xml"
    path.write_text(EXPORT, encoding="utf-8")
    told = [(one.number, one.title, one.date, one.state) for one in recognise(path).posts()]
    assert told == [
        ("1", "La médiation & la nuit", "2026-10-01", "publish"),
        ("2", "Deux", "2026-10-02", "publish"),
    ]


def test_of_several_posts_one_must_be_named(bring: Bring) -> None:
    """The error says how."""
    with pytest.raises(InputError, match="holds 2 posts") as caught:
        bring(EXPORT, "export.xml")
    assert "--list" in str(caught.value)
    with pytest.raises(NotFoundError, match="holds no post 9"):
        bring(EXPORT, "export.xml", post="9")


def a_post(number: int, **fields: object) -> dict[str, object]:
    """A post as the REST API tells it."""
    return {
        "id": number,
        "date": "2026-10-06T09:00:00",
        "status": "publish",
        "link": "https://ville.test/nuit/",
        "title": {"rendered": "La nuit&nbsp;: un bilan"},
        "content": {"rendered": f"{BLOCKS}<p>[contact-form-7 id='1']</p>"},
        "excerpt": {"rendered": "<p>Un résumé.</p>\n"},
        "_embedded": {
            "author": [{"name": "Camille Martin"}],
            "wp:featuredmedia": [{"source_url": "https://ville.test/t.jpg", "alt_text": "Vue"}],
            "wp:term": [
                [{"name": "Actus", "taxonomy": "category"}],
                [{"name": "nuit", "taxonomy": "post_tag"}],
            ],
        },
        **fields,
    }


def test_half_a_sign_costs_no_more_than_itself(library: Library, bring: Bring) -> None:
    """JSON can spell what no file can hold."""
    placed = bring(json.dumps(a_post(7, title={"rendered": "La \ud800 nuit"})), "post.json")
    assert article_of(library, placed).front.title == "La ? nuit"


@pytest.mark.parametrize("text", ["[caption]" * 20_000, "[caption " * 20_000])
def test_shortcodes_without_an_end_are_read_in_no_time(bring: Bring, text: str) -> None:
    """Each is looked at up to the next, not to the end of the post."""
    placed = bring(json.dumps(a_post(7, content={"rendered": f"<p>Un.</p>{text}"})), "post.json")
    assert placed.path.is_file()


@pytest.mark.parametrize("told", [a_post(7), [a_post(7)]])
def test_an_answer_of_the_rest_api_becomes_an_article(
    library: Library, bring: Bring, told: object
) -> None:
    """One post, or a list of one."""
    placed = bring(json.dumps(told), "post.json", fetch=lambda _: a_photo())
    article = article_of(library, placed)
    front = article.front
    assert (front.title, front.author, front.summary, front.tags, front.image, front.image_alt) == (
        "La nuit\u00a0: un bilan",
        "Camille Martin",
        "Un résumé.",
        ("nuit",),
        "t.jpg",
        "Vue",
    )
    assert article.body.strip() == (
        "Un paragraphe entier, avec «\u00a0des guillemets\u00a0».\n\n- un\n- deux"
    )


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ('<?xml version="1.0"?><rss version="2.0"><channel/></rss>', "a.xml", "is no export of"),
        ('<?xml version="1.0"?><a>', "a.xml", "is no well-formed XML"),
        ('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a.xml", "could do harm"),
        (an_export(ATTACHMENT), "a.xml", "holds no post with a text"),
        ("{", "a.json", "is no JSON"),
        ('{"code": "rest_post_invalid_id"}', "a.json", "is no answer of WordPress"),
        ("[]", "a.json", "holds no post with a text"),
        ("[1]", "a.json", "is no answer of WordPress"),
        (json.dumps(a_post(7, content={"rendered": 5})), "a.json", "is no answer of WordPress"),
        pytest.param("[" * 200_000, "a.json", "is nested too deeply", id="deep"),
    ],
)
def test_what_is_none_is_refused_in_words(
    library: Library, bring: Bring, content: str, name: str, said: str
) -> None:
    """And nothing is written."""
    before = sorted(library.content.iterdir())
    with pytest.raises(InputError, match=said):
        bring(content, name)
    assert sorted(library.content.iterdir()) == before
