"""Whatever a person gets wrong ends in a message with place and remedy, never in a traceback."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.functional.cli.command_line import call, call_apart, closed_port
from tests.functional.cli.conftest import Newsletter

SOURCE = "content/city-pair/fr.md"
MEMBERS = "subscribers/lists/members.csv"
HEAD = "email,name,city,language\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What is written into which file, the command that meets it, and what must be said."""

    file: str
    content: str | bytes
    command: str
    words: tuple[str, ...]
    line: int | None = None
    code: int = 1


def front(**fields: str) -> str:
    """A source with these front-matter lines in the place of the usual ones."""
    usual = {"title": "Titre", "author": "Zoé Lefèvre", "date": "2026-11-01"}
    lines = [f"{name}: {value}" for name, value in (usual | fields).items() if value != "-"]
    return "\n".join(["---", *lines, "---", "", "Corps.", ""])


MISTAKES = {
    "no front matter": Mistake(
        file=SOURCE, content="Bonjour.\n", command="check city-pair", line=1, words=("---",)
    ),
    "front matter that does not end": Mistake(
        file=SOURCE, content="---\ntitle: Titre\n", command="check city-pair", words=("---",)
    ),
    "a missing field": Mistake(
        file=SOURCE, content=front(title="-"), command="review city-pair", words=("title",)
    ),
    "an unknown field": Mistake(
        file=SOURCE,
        content=front(titel="Titre"),
        command="preview city-pair --out seen",
        line=5,
        words=("titel",),
    ),
    "invalid YAML": Mistake(
        file=SOURCE,
        content=front(title="Titre: un"),
        command="translate city-pair --engine memory",
        words=("YAML",),
    ),
    "a mark that is not closed": Mistake(
        file=SOURCE,
        content=front(title='"Titre'),
        command="translate city-pair --engine memory",
        words=("is not closed",),
    ),
    "a date that is none": Mistake(
        file=SOURCE,
        content=front(date="demain"),
        command="publish city-pair",
        line=4,
        words=("date", "2026-10-06"),
    ),
    "a source that is not UTF-8": Mistake(
        file=SOURCE,
        content=front(title="Été").encode("latin-1"),
        command="check city-pair",
        words=("UTF-8",),
    ),
    "a catalogue that is no PO file": Mistake(
        file="content/city-pair/nl.po",
        content='msgid "Bonjour"\nDag\nmsgstr "Dag"\n',
        command="check city-pair",
        line=2,
        words=(),
    ),
    "a glossary without its column": Mistake(
        file="content/glossary.csv",
        content="terme,en\nville,city\n",
        command="check city-pair",
        line=1,
        words=("fr",),
    ),
    "a list without its column": Mistake(
        file=MEMBERS,
        content="name,city\nZoé,Liège\n",
        command="subscribers import subscribers",
        line=1,
        words=("email",),
    ),
    "an address that is none": Mistake(
        file=MEMBERS,
        content=HEAD + "zoe@liege.example.org,Zoé,Liège,fr\nzoe(at)liege,Zoé,Liège,fr\n",
        command="subscribers import subscribers",
        line=3,
        words=("zoe(at)liege", "Correct the address"),
    ),
    "a city that nobody knows": Mistake(
        file=MEMBERS,
        content=HEAD + "zoe@liege.example.org,Zoé,Atlantis,fr\n",
        command="subscribers import subscribers",
        line=2,
        words=("Atlantis", "cities.csv"),
    ),
    "a language that is none": Mistake(
        file=MEMBERS,
        content=HEAD + "zoe@liege.example.org,Zoé,Liège,klingonais\n",
        command="subscribers import subscribers",
        line=2,
        words=("klingonais",),
    ),
    "a broken CSV row": Mistake(
        file=MEMBERS,
        content=HEAD + "seul@liege.example.org\n",
        command="subscribers import subscribers",
        line=2,
        words=("city",),
    ),
    "a quotation that never ends": Mistake(
        file=MEMBERS,
        content=HEAD + 'zoe@liege.example.org,"Zoé,Liège,fr\n',
        command="subscribers import subscribers",
        words=(),
    ),
    "a time zone that is none": Mistake(
        file="subscribers/cities.csv",
        content="city,country,language,timezone\nLiège,BE,fr,Europe/Liège\n",
        command="subscribers import subscribers",
        line=2,
        words=("Europe/Liège",),
    ),
    "settings that are no TOML": Mistake(
        file="newsletter.toml",
        content='target_languages = ["en"\n[smtp]\n',
        command="status",
        line=2,
        words=("TOML",),
    ),
    "a setting that does not exist": Mistake(
        file="newsletter.toml",
        content='[smtp]\nmode = "capture"\nhots = "relay.example.org"\n',
        command="doctor",
        line=3,
        words=("smtp.hots", "no such setting"),
    ),
    "a setting with a wrong value": Mistake(
        file="newsletter.toml",
        content='[smtp]\nport = "vingt-cinq"\n',
        command="publish city-pair",
        line=2,
        words=("smtp.port",),
    ),
    "a secret in the settings": Mistake(
        file="newsletter.toml",
        content='[smtp]\npassword = "geheim"\n',
        command="status",
        line=2,
        words=("NEWSLETTER_SMTP__PASSWORD",),
    ),
    "a target language that is no tag": Mistake(
        file="newsletter.toml",
        content='target_languages = ["en", "néerlandais"]\n',
        command="status",
        line=1,
        words=("néerlandais",),
    ),
}


def assert_is_a_message(said_all: str, err: str) -> None:
    """A few lines for a person: no traceback, and nothing in Python's own notation."""
    assert "Traceback" not in said_all
    assert "Error(" not in err
    assert err.startswith(("newsletter: ", "Usage: ")) or "\n" in err


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_file_is_named_with_its_place(
    newsletter: Newsletter, workspace: Path, name: str
) -> None:
    """File, line where there is one, what is wrong and what to do; the exit code says not done."""
    mistake = MISTAKES[name]
    path = workspace / mistake.file
    content = mistake.content
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    said = newsletter(*mistake.command.split())
    assert said.code == mistake.code, said.all
    assert_is_a_message(said.all, said.err)
    assert f"{path.name}:{mistake.line}" in said.err if mistake.line else path.name in said.err
    assert "\n  " in said.err, "no remedy"
    for word in mistake.words:
        assert word in said.err


WRONG_ARGUMENTS = {
    "check nothing-here": ("nothing-here", "city-pair", "newsletter new nothing-here"),
    "review ../../etc": ("lower-case",),
    "new Été": ("lower-case",),
    "new city-pair": ("is there already",),
    "import missing.txt": ("missing.txt",),
    "translate city-pair --to de": ("'de'", "en, nl", "target_languages"),
    "translate city-pair --engine babelfish": ("babelfish", "libretranslate"),
    "approve city-pair de --by Camille": ("'de'", "en, nl"),
    "preview city-pair --lang de --out seen": ("'de'", "en, nl"),
    "preview city-pair --out newsletter.toml": ("newsletter.toml",),
    "preview city-pair --out seen --for nobody@example.org": ("no contact",),
    "test-send city-pair --to zoe(at)liege": ("--to", "zoe(at)liege"),
    "test-send city-pair --to zoe@liege.test --lang de": ("'de'",),
    "publish nothing-here": ("nothing-here",),
    "publish city-pair --list nobody": ("'nobody'", "members"),
    "publish city-pair --at tomorrow": ("tomorrow", "2026-12-01 09:00 Europe/Brussels"),
    "publish city-pair --at 2031-02-30": ("2031-02-30",),
    "publish city-pair --at 2001-01-01T09:00+01:00": ("past",),
    "report city-pair-9": ("city-pair-9",),
    "status city-pair-9": ("city-pair-9",),
    "send city-pair-9": ("city-pair-9",),
    "pause city-pair-9": ("city-pair-9",),
    "resume city-pair-9": ("city-pair-9",),
    "settle city-pair-9 --as sent --by Camille": ("city-pair-9",),
    "settle city-pair-9 --as perhaps --by Camille": ("--as", "perhaps"),
    "schedule move city-pair-9 2031-01-01T09:00Z": ("city-pair-9",),
    "schedule move city-pair-9 noon": ("noon",),
    "schedule cancel city-pair-9": ("city-pair-9",),
    "subscribers import missing": ("missing",),
}


@pytest.mark.parametrize("command", WRONG_ARGUMENTS)
def test_a_wrong_argument_is_named(newsletter: Newsletter, command: str) -> None:
    """What was typed, what there is instead, and exit 1 or 2."""
    said = newsletter(*command.split())
    assert said.code in {1, 2}, said.all
    assert_is_a_message(said.all, said.err)
    for word in WRONG_ARGUMENTS[command]:
        assert word in said.err


@pytest.mark.parametrize(
    "command",
    [
        "check nothing-here",
        "new Été",
        "translate city-pair --to de",
        "publish city-pair --at tomorrow",
        "publish city-pair --at 2001-01-01T09:00+01:00",
        "report city-pair-9",
        "schedule move city-pair-9 noon",
        "settle city-pair-9 --as perhaps --by Camille",
        "test-send city-pair --to zoe(at)liege",
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(newsletter: Newsletter, command: str) -> None:
    """An argument that names nothing ends with 2, so that scripts can tell it from `not done`."""
    assert newsletter(*command.split()).code == 2


@pytest.mark.parametrize(
    "when", ["2031-03-30 02:30 Europe/Brussels", "2031-10-26 02:30 Europe/Brussels"]
)
def test_a_time_that_the_clocks_skip_or_repeat_is_refused(
    newsletter: Newsletter, when: str
) -> None:
    """Nobody can know which instant was meant."""
    said = newsletter("publish", "city-pair", "--at", when)
    assert said.code == 2
    assert "Europe/Brussels" in said.err


def test_an_unreachable_relay_is_named(newsletter: Newsletter) -> None:
    """`test-send` through a relay that is not there says host and port, and sends nothing."""
    port = closed_port()
    said = newsletter(
        *("test-send", "city-pair", "--to", "zoe@liege.test"),
        NEWSLETTER_SMTP__MODE="smtp",
        NEWSLETTER_SMTP__PORT=str(port),
    )
    assert said.code == 1
    assert_is_a_message(said.all, said.err)
    assert str(port) in said.err


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "review city-pair",
        "approve city-pair fr --by Camille",
        "publish city-pair",
        "subscribers import subscribers",
        "schedule list",
        "db upgrade",
    ],
)
def test_an_unreachable_database_is_named(newsletter: Newsletter, command: str) -> None:
    """The address is shown without its password."""
    said = newsletter(
        *command.split(),
        NEWSLETTER_DATABASE_URL=f"postgresql://me:geheim@127.0.0.1:{closed_port()}/newsletter",
    )
    assert said.code == 1
    assert_is_a_message(said.all, said.err)
    assert "127.0.0.1" in said.err
    assert "geheim" not in said.all


@pytest.mark.parametrize("url", ["mysql://localhost/x", "not an address", "postgresql"])
def test_a_database_of_another_kind_is_refused(newsletter: Newsletter, url: str) -> None:
    """Only SQLite and PostgreSQL; the message shows how an address looks."""
    said = newsletter("status", NEWSLETTER_DATABASE_URL=url)
    assert said.code in {1, 2}
    assert_is_a_message(said.all, said.err)
    assert "postgresql://" in said.err


def test_a_file_in_the_place_of_the_database_is_named(
    newsletter: Newsletter, workspace: Path
) -> None:
    """A database that is no database is a message, too."""
    (workspace / "var" / "newsletter.db").write_bytes(b"Bonjour " * 1000)
    said = newsletter("status")
    assert said.code == 1
    assert_is_a_message(said.all, said.err)
    assert "database" in said.err


def write_where_it_cannot(workspace: Path) -> None:
    """Put a folder where a file is expected."""
    path = workspace / "content" / "mediation-nocturne" / "en.po"
    path.mkdir()


def make_source_a_folder(workspace: Path) -> None:
    """Put a folder where the source is expected."""
    path = workspace / "content" / "mediation-nocturne" / "fr.md"
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [write_where_it_cannot, make_source_a_folder])
def test_a_folder_in_the_place_of_a_file_is_named(
    newsletter: Newsletter, workspace: Path, spoil: Callable[[Path], None]
) -> None:
    """Whatever the file system refuses names the path."""
    spoil(workspace)
    said = newsletter("translate", "mediation-nocturne", "--engine", "memory")
    assert said.code in {1, 2}
    assert_is_a_message(said.all, said.err)
    assert "mediation-nocturne" in said.err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_unicode_is_no_reason_to_fail(workspace: Path, encoding: str) -> None:
    """What it cannot show becomes a question mark."""
    said = call_apart("review", "city-pair", cwd=workspace, env={"PYTHONIOENCODING": encoding})
    assert (said.code, said.err) == (0, "")
    said = call_apart("check", "nothing-é", cwd=workspace, env={"PYTHONIOENCODING": encoding})
    assert said.code == 2
    assert "Traceback" not in said.err


def test_a_secret_never_shows_in_a_message(newsletter: Newsletter) -> None:
    """A wrong setting beside a password in the environment does not give the password away."""
    said = newsletter("status", NEWSLETTER_SMTP__PASSWORD="geheim", NEWSLETTER_SMTP__PORT="x")
    assert said.code == 1
    assert "NEWSLETTER_SMTP__PORT" in said.err
    assert "geheim" not in said.all


def test_a_broken_word_document_is_sent_back_with_a_remedy(
    newsletter: Newsletter, tmp_path: Path
) -> None:
    """What `import` cannot read says so and how to go on."""
    arrived = tmp_path / "article.docx"
    arrived.write_bytes(b"PK\x03\x04")
    said = newsletter("import", arrived)
    assert said.code == 1
    assert "save it again as .docx" in said.err


def test_there_is_no_workspace_where_it_is_named(tmp_path: Path) -> None:
    """A folder that does not exist is no workspace either."""
    said = call("--workspace", tmp_path / "gone", "status")
    assert said.code == 2
    assert_is_a_message(said.all, said.err)
    assert "newsletter init" in said.err
