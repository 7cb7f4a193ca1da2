"""Which files an import reads, and what each of them is."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from flows.domain.consent import Basis
from flows.domain.contact import City, MailingList
from flows.domain.errors import InputError, NotFoundError
from flows.domain.phrases import Phrase
from flows.operations.intake.cities import LONGEST_NAME, read_cities, read_mailing_lists

LIST_SUFFIXES: Final = {".csv", ".xlsx"}


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How files are read. `columns` maps headings, or numbers of columns, to fields.

    Rows without a city are in `city`. A file from elsewhere goes on `lists`; with `complete` it
    names all who are on them (of that city), and whoever is not in it leaves. Lists that there are
    not are made if `create` says so. `basis` is why its people may be written to, for rows that
    name none.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""
    city: str = ""
    lists: Sequence[str] = ()
    complete: bool = False
    create: bool = True
    basis: Basis = Basis.LEGITIMATE_INTEREST


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """A file of people, and the lists that its rows go on."""

    path: Path
    lists: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What one import reads.

    `whole` files are those of the workspace: each says who is on the list that it is named after.
    Only they come with `cities`, and with the lists that `lists.csv` describes, if there is one.
    """

    files: Sequence[ListFile]
    whole: bool = False
    cities: Sequence[City] = ()
    refused_cities: Sequence[InputError] = ()
    described: Sequence[MailingList] | None = None


def find_sources(path: Path, how: How) -> Sources:
    """The files behind a path: `subscribers/`, one of its lists, or a file from elsewhere.

    Raises `InputError` for a path that is none of these.
    """
    if path.is_dir():
        files = sorted(
            one for one in (path / "lists").glob("*") if one.suffix.lower() in LIST_SUFFIXES
        )
        if not files:
            raise InputError("holds no lists", path=path, remedy="Put them in lists/<name>.csv.")
        return _workspace(path, files)
    if not path.is_file():
        raise NotFoundError(
            "is neither a file nor a folder", path=path, remedy="Name subscribers/ or one list."
        )
    root = path.absolute().parent.parent
    if (root / "cities.csv").is_file() and not how.lists:
        return _workspace(root, [path])
    return Sources(files=[ListFile(path=path, lists=tuple(how.lists))])


def _workspace(root: Path, files: Sequence[Path]) -> Sources:
    for file in files:
        if len(file.stem) > LONGEST_NAME:
            raise InputError(
                Phrase("its name is longer than {most} characters", most=LONGEST_NAME),
                path=file,
                remedy="Rename it.",
            )
    book = root / "cities.csv"
    if not book.is_file():
        raise InputError(
            "is missing", path=book, remedy="Lists lie in the folder lists/ beside cities.csv."
        )
    cities, refused = read_cities(book)
    described = None
    if (root / "lists.csv").is_file():
        described, refused_lists = read_mailing_lists(root / "lists.csv")
        refused = [*refused, *refused_lists]
    return Sources(
        files=[
            ListFile(path=file, lists=(unicodedata.normalize("NFC", file.stem),)) for file in files
        ],
        whole=True,
        cities=cities,
        refused_cities=refused,
        described=described,
    )
