"""memory, xliff, models and cache, as an editor calls them."""

import json
import zipfile
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest

from tests.functional.cli.conftest import Newsletter

TMX = """<?xml version="1.0" encoding="UTF-8"?><tmx version="1.4">
<header creationtool="x" creationtoolversion="1" segtype="block" o-tmf="x" adminlang="en"
 srclang="fr" datatype="plaintext"/>
<body><tu><tuv xml:lang="fr"><seg>Une phrase de l’agence.</seg></tuv>
<tuv xml:lang="nl-BE"><seg>Een zin van het bureau.</seg></tuv></tu>
<tu><tuv xml:lang="fr"><seg>Sans traduction.</seg></tuv></tu></body></tmx>"""


def engine(url: str) -> dict[str, str]:
    """The settings for a LibreTranslate server."""
    return {"NEWSLETTER_ENGINE__NAME": "libretranslate", "NEWSLETTER_ENGINE__URL": url}


def test_the_memory_is_exported(newsletter: Newsletter, workspace: Path) -> None:
    """Every approved text, for one language or all."""
    said = newsletter("memory", "export", "efus.tmx", "--to", "nl")
    assert said.code == 0
    assert said.out == "efus.tmx: 25 units into nl\n"
    root = parse(workspace / "efus.tmx").getroot()
    assert len(root.findall("body/tu")) == 25
    facts = newsletter("memory", "export", "all.tmx", "--json").json()
    assert facts == {"path": "all.tmx", "units": 25, "languages": ["en", "nl"]}


def test_a_memory_is_imported_and_found(newsletter: Newsletter, workspace: Path) -> None:
    """What was left out is told; the units are found by what is like them."""
    (workspace / "agence.tmx").write_text(TMX, encoding="utf-8")
    said = newsletter("memory", "import", "agence.tmx")
    assert said.code == 0
    assert "agence.tmx: 1 into nl." in said.out
    assert "left out: 1 without a text in en or nl" in said.err
    assert (workspace / "content" / "memory" / "agence.tmx").is_file()
    found = newsletter("memory", "find", "Une phrase de l’agence de presse.", "--to", "nl")
    assert "imported from agence.tmx" in found.out
    assert "Een zin van het bureau." in found.out
    assert "differs: … ’agence {+de presse+} ." in found.out
    facts = newsletter("memory", "find", "Une phrase de l'agence.", "--to", "nl", "--json").json()
    assert facts[0]["percent"] == 100
    nothing = newsletter("memory", "find", "Rien de tel n’existe encore ici", "--to", "nl")
    assert (nothing.code, nothing.out) == (0, "Nothing like it has been approved yet.\n")
    assert newsletter("memory", "import", "agence.tmx", "--json").json()["units"] == {"nl": 1}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("memory", "import", "absent.tmx"), 2, "there is no such file"),
        (("memory", "import", "newsletter.toml"), 1, "is not well-formed"),
        (("memory", "export", "x.tmx", "--to", "xx"), 2, "not one of the target languages"),
        (("memory", "find", "x", "--to", "fr"), 2, "not one of the target languages"),
        (("xliff", "export", "absent", "--to", "nl", "--out", "x"), 2, "there is no article"),
        (("xliff", "import", "absent.xlf", "--by", "Ada"), 2, "there is no such file"),
        (("xliff", "import", "newsletter.toml", "--by", "Ada"), 1, "is not well-formed"),
        (("models", "install", "absent.argosmodel"), 2, "there is no such file"),
        (("models", "install", "newsletter.toml"), 1, "no Argos package"),
        (("models", "install", "content"), 2, "is a folder"),
        (("memory", "import", "content"), 2, "is a folder"),
        (("xliff", "import", "content", "--by", "Ada"), 2, "is a folder"),
        (("import", "content"), 2, "is a folder"),
        (("import", "absent.txt"), 2, "there is no such file"),
        (("subscribers", "import", "absent"), 2, "neither a file nor a folder"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(
    newsletter: Newsletter, arguments: tuple[str, ...], code: int, words: str
) -> None:
    """Never in a traceback; 2 for a wrong argument, 1 for a wrong file."""
    said = newsletter(*arguments)
    assert (said.code, words in said.err) == (code, True), said.err
    assert "Traceback" not in said.err


def test_an_article_goes_to_an_agency_and_comes_back(
    newsletter: Newsletter, workspace: Path
) -> None:
    """What is refused is named, with its reason, and the rest counts."""
    said = newsletter("xliff", "export", "mediation-nocturne", "--to", "nl", "--out", "m.xlf")
    assert said.code == 0
    assert "31 units" in said.out
    path = workspace / "m.xlf"
    text = path.read_text("utf-8")
    assert newsletter("xliff", "import", "m.xlf", "--by", "Lingua").out == (
        "mediation-nocturne nl: 31 untouched\n"
    )
    # Two units translated: one well, one with the French's source changed.
    first, second = text.index("</source>\n</segment>"), text.rindex("<source>")
    changed = (
        text[:first]
        + "</source><target>Nachtbemiddeling</target></segment>"
        + text[first + len("</source>\n</segment>") : second]
        + "<source>x"
        + text[second + len("<source>") :]
    )
    path.write_text(changed, encoding="utf-8")
    said = newsletter("xliff", "import", "m.xlf", "--by", "Lingua")
    assert said.code == 1
    assert said.out == "mediation-nocturne nl: 1 taken, 29 untouched, 1 refused\n"
    assert "refused: its source was changed in the file" in said.err
    facts = newsletter("xliff", "import", "m.xlf", "--by", "Lingua", "--json").json()
    assert [(one["taken"], one["untouched"], one["refused"]) for one in facts] == [(0, 30, 1)]
    reviews = newsletter("review", "mediation-nocturne", "--json").json()
    assert [one["edited"] for one in reviews if one["language"] == "nl"] == [1]


def test_the_work_of_engines_is_told(
    newsletter: Newsletter, workspace: Path, engine_url: str
) -> None:
    """Requests, segments, characters, seconds, and that nothing left the house."""
    said = newsletter("translate", "mediation-nocturne", "--to", "nl", **engine(engine_url))
    assert said.code == 0, said.err
    assert "segments, " in said.err
    assert "; nothing left the house" in said.err
    (workspace / "content" / "mediation-nocturne" / "nl.po").unlink()
    again = newsletter(
        "translate", "mediation-nocturne", "--to", "nl", "--json", **engine(engine_url)
    )
    (work,) = again.json()[0]["work"]
    assert (work["requests"], work["characters"], work["segments"]) == (0, 0, 0)
    assert work["from_cache"] > 20
    assert work["left_the_house"] == "nothing left the house"


def test_what_engines_answered_can_be_forgotten(
    newsletter: Newsletter, workspace: Path, engine_url: str
) -> None:
    """The drafts stay; the next question is asked anew."""
    assert newsletter("cache", "clear").out == "0 answers forgotten.\n"
    newsletter("translate", "mediation-nocturne", "--to", "nl", **engine(engine_url))
    said = newsletter("cache", "clear")
    assert said.code == 0
    assert int(said.out.split()[0]) > 20
    assert (workspace / "content" / "mediation-nocturne" / "nl.po").is_file()


def test_models_are_listed_and_installed(newsletter: Newsletter, workspace: Path) -> None:
    """From a file; without any, the command that fetches them is told."""
    assert "newsletter models install fr-en en-nl" in newsletter("models", "list").out
    with zipfile.ZipFile(workspace / "x.argosmodel", "w") as archive:
        facts = {"from_code": "fr", "to_code": "en", "package_version": "1.9"}
        archive.writestr("translate-fr_en-1_9/metadata.json", json.dumps(facts))
        archive.writestr("translate-fr_en-1_9/sentencepiece.model", "x")
        archive.writestr("translate-fr_en-1_9/model/model.bin", "x")
    said = newsletter("models", "install", "x.argosmodel")
    assert said.code == 0
    assert said.out.startswith("fr-en 1.9 is in ")
    assert newsletter("models", "list", "--json").json() == [
        {"from": "fr", "to": "en", "version": "1.9"}
    ]
    assert "fr\ten\t1.9" in newsletter("models", "list").out


def test_doctor_examines_the_local_engine(newsletter: Newsletter) -> None:
    """Without models it says how to fetch them."""
    said = newsletter("doctor", "--json", NEWSLETTER_ENGINE__NAME="argos")
    (engine,) = [one for one in said.json() if one["what"] == "engine"]
    assert not engine["ok"]
    assert "newsletter models install" in engine["found"]
