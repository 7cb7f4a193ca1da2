"""Translation memories of other tools, in and out, and what hostile ones achieve."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from translate.storage.tmx import tmxfile

from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.segment import SegmentKey
from flows.operations.library import Library
from flows.operations.remembering import export_memory, find_suggestions, import_memory
from flows.operations.translating import draft_language
from flows.translation.memory.tmxreading import TmxFile, choose_text
from flows.translation.memory.tmxwriting import TmxUnit, TmxVariant, write_tmx
from tests.functional.editorial.conftest import (
    EN,
    FR,
    NL,
    NOW,
    ROOT,
    WORDS,
    Newsroom,
    write_article,
)

OMEGAT = """<?xml version="1.0" encoding="{encoding}"?>
<!DOCTYPE tmx SYSTEM "tmx11.dtd">
<tmx version="1.1">
  <header creationtool="OmegaT" o-tmf="OmegaT TMX" adminlang="EN-US" datatype="plaintext"
          creationtoolversion="6.0" segtype="sentence" srclang="FR-FR"/>
  <body>
<!-- Default translations -->
    <tu>
      <tuv lang="FR-FR"><seg>L’été à Liège</seg></tuv>
      <tuv lang="NL-NL" changeid="Ada"><seg>De zomer in Luik</seg></tuv>
    </tu>
    <tu>
      <tuv lang="FR-FR"><seg>Seulement en français</seg></tuv>
      <tuv lang="DE-DE"><seg>Nur auf Deutsch</seg></tuv>
    </tu>
  </body>
</tmx>
"""
CODED = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4"><header creationtool="x" creationtoolversion="1" segtype="sentence" o-tmf="x"
 adminlang="en" srclang="*all*" datatype="html"/><body><tu>
<tuv xml:lang="fr"><seg>La <bpt i="1">**</bpt>ville<ept i="1">**</ept> de<ph x="1"> </ph>Gand</seg>
</tuv>
<tuv xml:lang="nl_BE"><seg>De <bpt i="1">**</bpt>stad<ept i="1">**</ept> <hi>Gent</hi></seg></tuv>
</tu></body></tmx>
"""
BOMB = """<?xml version="1.0"?><!DOCTYPE tmx [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><tmx version="1.4"><body><tu><tuv xml:lang="fr"><seg>&c;
</seg></tuv><tuv xml:lang="nl"><seg>&c;</seg></tuv></tu></body></tmx>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE tmx [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<tmx version="1.4"><body><tu><tuv xml:lang="fr"><seg>a &x;</seg></tuv></tu></body></tmx>"""


@pytest.fixture
def library(newsroom: Newsroom) -> Library:
    """The newsroom's articles."""
    return newsroom.desk.library


def write(folder: Path, text: str, *, name: str = "agence.tmx", encoding: str = "utf-8") -> Path:
    """A file as another tool left it."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


async def test_the_export_is_read_by_translate_toolkit(approved: Newsroom, tmp_path: Path) -> None:
    """Every approved text in both languages, with markup and accents as they are."""
    library, file = approved.desk.library, tmp_path / "efus.tmx"

    count = export_memory(library, file, (EN, NL), imported=False, now=NOW)

    with file.open("rb") as stream:
        read = tmxfile(stream, "fr", "nl")
    assert count == len(read.units) == len(WORDS)
    assert {unit.source: unit.target for unit in read.units} == {
        french: words["nl"] for french, words in WORDS.items()
    }
    assert 'srclang="fr"' in file.read_text("utf-8")
    assert 'creationid="Chantal" creationdate="20261122T000000Z"' in file.read_text("utf-8")


async def test_what_was_exported_is_imported_whole(approved: Newsroom, tmp_path: Path) -> None:
    """Contexts too; beside the approved units the imported ones change nothing."""
    library, file = approved.desk.library, tmp_path / "efus.tmx"
    export_memory(library, file, (EN, NL), imported=False, now=NOW)
    before = set(library.memory(NL).units)

    done = import_memory(library, file, now=NOW)

    assert done.units == {EN: len(WORDS), NL: len(WORDS)}
    assert done.left_out == {}
    assert set(library.memory(NL).units) == before


async def test_a_file_of_translate_toolkit_is_imported(library: Library, tmp_path: Path) -> None:
    """As pot2po and Weblate write them."""
    made = tmxfile(sourcelanguage="fr", targetlanguage="nl")
    made.addtranslation("La ville de **Gand**", "fr", "De stad **Gent**", "nl", comment="Ada")
    path = tmp_path / "toolkit.tmx"
    made.savefile(str(path))

    done = import_memory(library, path, now=NOW)

    unit = library.memory(NL).recall(SegmentKey(None, "La ville de **Gand**"))
    assert done.units == {NL: 1}
    assert unit
    assert (unit.target, unit.imported, unit.place) == ("De stad **Gent**", True, "toolkit.tmx")
    assert unit.origin == "imported from toolkit.tmx"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
async def test_omegat_s_files_are_read_in_each_encoding(
    library: Library, tmp_path: Path, encoding: str
) -> None:
    """Level 1, version 1.1, a document type, regional tags in capitals, a byte-order mark."""
    declared = "UTF-16" if encoding == "utf-16" else "UTF-8"
    path = write(tmp_path, OMEGAT.format(encoding=declared), encoding=encoding)

    done = import_memory(library, path, now=NOW)

    unit = library.memory(NL).recall(SegmentKey(None, "L'été à Liège"))
    assert unit
    assert unit.target == "De zomer in Luik"
    assert done.units == {NL: 1}
    assert done.left_out == {"without a text in en or nl": 1}


async def test_inline_codes_count_as_the_text_that_they_hold(
    library: Library, tmp_path: Path
) -> None:
    """What another tool has wrapped into elements is Markdown all the same."""
    import_memory(library, write(tmp_path, CODED), now=NOW)
    unit = library.memory(NL).recall(SegmentKey(None, "La **ville** de Gand"))
    assert unit
    assert unit.target == "De **stad** Gent"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (BOMB, "declares entities"),
        (OUTSIDE, "declares entities"),
        ("<tmx><body><tu>", "not well-formed"),
        ("", "not well-formed"),
        ("<xliff/>", "the root xliff"),
        ('<?xml version="1.0" encoding="klingon"?><tmx/>', "not well-formed|encoding"),
        ('<tmx version="1.4"><body/></tmx>', "no translation from fr into en or nl"),
    ],
)
async def test_a_file_that_is_none_is_refused_and_leaves_nothing(
    library: Library, tmp_path: Path, text: str, problem: str
) -> None:
    """A bomb of entities, a foreign file, a torn one: each with its place and the remedy."""
    path = write(tmp_path, text)
    with pytest.raises(InputError, match=problem) as caught:
        import_memory(library, path, now=NOW)
    assert caught.value.path == path
    assert list(library.content.glob("memory/*")) == []


async def test_an_imported_unit_is_a_draft_that_says_so(
    newsroom: Newsroom, library: Library, tmp_path: Path
) -> None:
    """And it passes the gate of engines: markup that is not the source's is refused."""
    texts = {
        "Un texte de l’agence.": "Een tekst van het bureau.",
        "Un autre texte.": "Een <script>alert(1)</script> tekst.",
        "Un [lien](https://e.test/).": "Een [link](https://elders.test/).",
    }
    made = tmxfile(sourcelanguage="fr", targetlanguage="nl")
    for french, dutch in texts.items():
        made.addtranslation(french, "fr", dutch, "nl")
    made.savefile(str(tmp_path / "agence.tmx"))
    import_memory(library, tmp_path / "agence.tmx", now=NOW)
    write_article(newsroom.content, slug="apres", body="\n\n".join(texts))

    await draft_language(library, "apres", NL, engines=(), clock=lambda: NOW)

    catalogue = library.catalogue("apres", NL)
    entries = {entry.key.source: entry for entry in catalogue.entries()}
    first, *others = (entries[french] for french in texts)
    assert first.translation == "Een tekst van het bureau."
    assert first.provenance.origin == "memory imported from agence.tmx"
    assert [entry.translation for entry in others] == ["", ""]


@pytest.mark.parametrize(
    ("first", "second"),
    [("agence nuit.tmx", "agence-nuit.tmx"), ("a+b.tmx", "a b.tmx"), ("m.tmx", "m.TMX")],
)
async def test_a_memory_of_nearly_the_same_name_replaces_nothing(
    library: Library, tmp_path: Path, first: str, second: str
) -> None:
    """It is refused with both names and two ways to go on; each of them works."""
    import_memory(library, write(tmp_path, CODED, name=first), now=NOW)
    other = write(tmp_path, OMEGAT.format(encoding="UTF-8"), name=second)

    with pytest.raises(InputError) as caught:
        import_memory(library, other, now=NOW)

    (kept,) = library.archive.imported.iterdir()
    assert caught.value.problem == (
        f"it would take the place of {first}, whose units are in {kept}"
    )
    assert caught.value.path == other
    assert library.memory(NL).recall(SegmentKey(None, "La **ville** de Gand"))
    import_memory(library, other.rename(tmp_path / "autre.tmx"), now=NOW)
    assert len(library.memory(NL)) == 2
    kept.unlink()
    import_memory(library, write(tmp_path, CODED, name=second), now=NOW)
    assert len(library.memory(NL)) == 2


async def test_a_memory_of_the_same_name_is_replaced_and_that_is_told(
    library: Library, tmp_path: Path
) -> None:
    """A newer export of the same tool; so is one that somebody laid there by hand."""
    done = [import_memory(library, write(tmp_path, CODED), now=NOW) for _ in range(2)]
    assert [one.replaced for one in done] == [False, True]
    shutil.copy(write(tmp_path, CODED), done[0].path)
    assert import_memory(library, write(tmp_path, CODED), now=NOW).replaced


async def test_a_memory_that_cannot_be_opened_is_told(library: Library, tmp_path: Path) -> None:
    """By name, when it is read; one among the imported keeps no other from being used."""
    with pytest.raises(InputError, match="cannot be read: Is a directory") as caught:
        list(TmxFile(tmp_path, source=FR, targets=(NL,)).rows())
    assert caught.value.path == tmp_path
    (library.archive.imported / "brisée.tmx").mkdir(parents=True)
    import_memory(library, write(tmp_path, CODED), now=NOW)
    assert len(library.memory(NL)) == 1


def many_units(count: int) -> Iterator[TmxUnit]:
    """So many units of about the length of paragraphs."""
    for number in range(count):
        text = f"Le texte numéro {number} " + "du réseau des villes européennes " * 6
        variants = {NL: TmxVariant(text=f"{text} (nl)"), EN: TmxVariant(text=f"{text} (en)")}
        yield TmxUnit(key=SegmentKey(None, text), variants=variants)


IMPORT_IN_LITTLE_ROOM = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from flows.operations.remembering import import_memory
from flows.runtime.runtime import build_library
from flows.settings.reading import read_settings
library = build_library(read_settings(Path(sys.argv[1])))
from flows.translation.memory.tmxreading import TmxFile
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
done = import_memory(library, Path(sys.argv[2]), now=datetime.now(UTC))
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(sum(done.units.values()), grown)
"""


def test_a_hundred_thousand_units_stream_through(workspace: Path, tmp_path: Path) -> None:
    """A file of 70 MB is imported while the process grows by a few."""
    path = tmp_path / "grand.tmx"
    count = write_tmx(path, many_units(100_000), source=FR, now=NOW, version="1")
    assert path.stat().st_size > 60_000_000

    command = [sys.executable, "-c", IMPORT_IN_LITTLE_ROOM, str(workspace), str(path)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=300
    )

    units, grown_kilobytes = map(int, done.stdout.split())
    assert units == 2 * count == 200_000
    assert grown_kilobytes < 20_000


async def test_a_text_is_looked_up_with_what_differs(approved: Newsroom) -> None:
    """The suggestions of `newsletter memory find`."""
    found = find_suggestions(approved.desk.library, "À quoi sert la prévention ?", NL)
    assert [(one.percent, one.differs) for one in found] == [
        (83, "… sert la [-médiation-] {+prévention+} ?")
    ]


@pytest.mark.parametrize(
    ("tags", "wanted", "chosen"),
    [
        (("en-US", "en-GB"), "en", "en-US"),
        (("en", "en-GB"), "en", "en"),
        (("NL-nl", "fr"), "nl-BE", ""),
        (("nl", "fr"), "nl-BE", "nl"),
        (("nl", "nl-be"), "nl-BE", "nl-be"),
        (("???", ""), "nl", ""),
    ],
)
def test_the_nearest_language_is_read(tags: tuple[str, ...], wanted: str, chosen: str) -> None:
    """Its own tag, else a regional one, else the parent's; never another region's."""
    assert choose_text({tag: tag for tag in tags}, Language(wanted)) == chosen


def test_a_text_of_a_megabyte_is_left_out(tmp_path: Path) -> None:
    """It is no segment, and is counted."""
    path = tmp_path / "long.tmx"
    unit = TmxUnit(key=SegmentKey(None, "a"), variants={NL: TmxVariant(text="b" * 1_000_000)})
    write_tmx(path, [unit], source=FR, now=NOW, version="1")
    file = TmxFile(path, source=FR, targets=(NL,))
    assert list(file.rows()) == []
    assert file.left_out == {"longer than 20,000 characters": 1}
