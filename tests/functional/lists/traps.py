"""A list as no city would send it, and as cities together do: 117 lines, each with its fate."""

from pathlib import Path
from typing import NamedTuple

CITIES = """city,country,language,timezone,membership,fr,en,nl
Liège,BE,fr,Europe/Brussels,member,Liège,Liège,Luik
Gand,BE,nl,Europe/Brussels,,Gand,Ghent,Gent
Köln,DE,en,Europe/Berlin,member,Cologne,Cologne,Keulen
Łódź,PL,en,Europe/Warsaw,suspended,Łódź,Łódź,Łódź
"""
HEAD = "Courriel;Nom;Prénom;Ville;Langue;Fonction;Remarques"
MEGABYTES = 10


class Trap(NamedTuple):
    """Some lines of the file, what becomes of their one row (`None`: they are none), and why."""

    lines: bytes
    outcome: str | None
    why: str = ""


def good(line: str, encoding: str = "utf-8", outcome: str = "added") -> Trap:
    """A row that comes in."""
    return Trap(line.encode(encoding), outcome)


def bad(line: str, why: str, encoding: str = "utf-8") -> Trap:
    """A row that is refused, with what its reason says."""
    return Trap(line.encode(encoding), "refused", why)


NO_ADDRESS = "is not an e-mail address"
OPEN = "quotation mark"

TRAPS = [
    Trap(b"\xef\xbb\xbf" + HEAD.encode(), None),
    # Encodings by turns, as in a file glued together.
    good("a01@liege.test;Lefèvre;Zoë;Liège;fr;Échevine;"),
    good("a02@liege.test;Lefèvre;Zoë;Liège;fr;Échevine;", "cp1252"),
    good("a03@liege.test;L’Œuvre à 5 €;;Liège;français;;", "cp1252"),
    good("a04@liege.test;L’Œuvre à 5 €;;Liège;French;;"),
    good("a05@gent.test;Ĳsselmonde;;Gent;Nederlands;;"),
    good("a06@koeln.test;Müller;Jürgen;Cologne;anglais;;", "cp1252"),
    good("a07@lodz.test;Wójcik;Łucja;Lodz;Engels;;"),
    Trap(b"a08@liege.test;\x81\x8d\x8f;;Li\xe8ge;fr;;", "refused", "neither UTF-8 nor cp1252"),
    good("a09@liege.test;مكتب الوقاية;;LIEGE;fr;;"),
    good("a10@liege.test;משרד המניעה;;luik;fr;;"),
    good("a11@liege.test;防犯 𠮷野;;Lie\u0300ge;fr;;"),
    # The same address in other forms.
    good("A01@LIEGE.TEST;Lefèvre;Zoë;Liège;fr;;", outcome="repeated"),
    good(" a01@liege.test ;Autre;Nom;Gand;nl;;", outcome="repeated"),
    good("ada@bücher.test;Ada;;Gand;nl;;"),
    good("ADA@xn--bcher-kva.test;Ada;;Gand;nl;;", outcome="repeated"),
    good("ada@BU\u0308CHER.test;Ada;;Gand;nl;;", outcome="repeated"),
    good("ada@BÜCHER.TEST;Ada;;Gand;nl;;", "cp1252", outcome="repeated"),
    good("ada+lettre@bücher.test;Ada;;Gand;nl;;"),
    good("a.da@bücher.test;Ada;;Gand;nl;;"),
    good("strasse@straße.test;;;Köln;en;;"),
    good("strasse@strasse.test;;;Köln;en;;"),
    good("'strasse'@strasse.test;;;Köln;en;;"),
    # Formulas.
    good("a20@liege.test;=HYPERLINK('http://x.test');;Liège;fr;;"),
    good("a21@liege.test;'=1+1;;Liège;fr;;"),
    good("a22@liege.test;+32 4 221 80 00;;Liège;fr;;"),
    good("a23@liege.test;-;;Liège;fr;;"),
    good("a24@liege.test;@mairie;;Liège;fr;;"),
    good("=cmd|x@liege.test;;;Liège;fr;;"),
    good("'=cmd|y@liege.test;;;Liège;fr;;"),
    good("+1@liege.test;;;Liège;fr;;"),
    good("a25@liege.test;;;Liège;fr;=SUM(A1:A9);"),
    # Missing and superfluous cells.
    Trap(b"", None),
    Trap(b";;;;;;", None),
    Trap(b" ; \t;;;;; ", None),
    good("a30@liege.test;;;Liège"),
    good("a31@liege.test;;;Liège;"),
    good("a32@liege.test;;;Liège;;;;;;;"),
    bad("a33@liege.test", "is not in cities.csv"),
    bad("a34@liege.test;Nom", "is not in cities.csv"),
    bad("a35@liege.test;Nom;;", "is not in cities.csv"),
    bad(";Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a36@liege.test;Nom;;Liège;fr;;;plus", "more cells than there are columns"),
    bad("a37@liege.test;Dupont; Marie;;Liège;fr;;", "is not in cities.csv"),
    bad("a38@liege.test;Nom;;Atlantide;fr;;", "'Atlantide' is not in cities.csv"),
    bad("a39@liege.test;Nom;;Liège;martien;;", "is not a language tag"),
    bad("a40@liege.test;Nom;;Liège;fr/nl;;", "is not a language tag"),
    good("a41@liege.test;Nom;;Liège;FR_be;;"),
    good("a42@liege.test;Nom;;Liège;nl-BE;;"),
    good("a43@liege.test;;Prénom;Liège;;;"),
    # No addresses.
    bad("mairie.liege.test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("@liege.test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a50@;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a51@liege;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a52@@liege.test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a53@liege..test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a54 @liege.test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a55@liege.test, a56@liege.test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("Nom <a57@liege.test>;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("mailto:a58@liege.test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("zoé@liege.test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a59@[127.0.0.1];Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a60@-liege.test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a61@lie_ge.test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad(f"{'a' * 65}@liege.test;Nom;;Liège;fr;;", NO_ADDRESS),
    good(f"{'a' * 64}@liege.test;Nom;;Liège;fr;;"),
    bad(f"a62@{'l' * 64}.test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a63@liege.test\u200b;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a64\u00a0@liege.test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("<script>@liege.test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a65@liege.test.;Nom;;Liège;fr;;", NO_ADDRESS),
    bad("a66@xn--.test;Nom;;Liège;fr;;", NO_ADDRESS),
    bad('"""a 67""@liege.test";Nom;;Liège;fr;;', NO_ADDRESS),
    bad("\u0430\u0434\u0430@liege.test;Cyrillique;;Liège;fr;;", NO_ADDRESS),
    good("a68@лиеж.test;Cyrillique;;Liège;fr;;"),
    good("a69@liege.test;\u202eÀ l’envers\u200d;;Liège\u00a0;fr;;"),
    bad("b69@liege.test;Nom;;LiÃ¨ge;fr;;", "is not in cities.csv"),
    # Newlines within cells.
    good('a70@liege.test;"Service\nPrévention";;Liège;fr;;'),
    good('a71@liege.test;"Service\n\n\nPrévention ""et"" ;médiation";;Liège;fr;;'),
    bad('"a72@liege.test\nBcc: b72@liege.test";Nom;;Liège;fr;;', NO_ADDRESS),
    good('"a73@liege.test";"Nom";"Prénom";"Liège";"fr";"Fonction";"Une\nremarque"'),
    good("a74@liege.test;Vertical\x0btab\x0cfeed;;Liège;fr;;"),
    good("a75@liege.test;Ligne\u2028et paragraphe\u2029;;Liège;fr;;"),
    good("a76@liege.test;Suivante\x85;;Liège;fr;;"),
    good("a77@liege.test;\tTabulé\t;;\tLiège;fr;;"),
    good('a78@liege.test;"";"";"Liège";"";"";""'),
    good('"a79@liege.test";;;"Liège";fr;;'),
    # Quotation marks gone astray.
    bad('a80@liege.test;"Ouvert;;Liège;fr;;', OPEN),
    good("a81@liege.test;Après;;Liège;fr;;"),
    bad('a82@liege.test;"Fermé" trop tôt;;Liège;fr;;', "is not readable CSV"),
    good('a83@liege.test;Tuyau de 5" et de 6";;Liège;fr;;'),
    bad('a84@liege.test;Tuyau de 5";;Liège;fr;;', OPEN),
    good('a85@liege.test;"Pair, impair";;Liège;fr;;'),
    # Too much, and what is no text.
    Trap(
        b"a90@liege.test;" + b"A" * (MEGABYTES * 1_000_000) + b";;Li", "refused", "is longer than"
    ),
    good("a91@liege.test;Après le long;;Liège;fr;;"),
    bad(f"a92@liege.test;{'N' * 1001};;Liège;fr;;", "is longer than 1000"),
    good(f"a93@liege.test;{'N' * 1000};;Liège;fr;;"),
    bad("a94@liege.test;N\0m;;Liège;fr;;", "holds a NUL character"),
    bad("a95\0@liege.test;Nom;;Liège;fr;;", "holds a NUL character"),
    bad("\0;;;;;;", "holds a NUL character"),
    good("a96@liege.test;\x01\x02\x1bNom\x7f;;Liège;fr;;"),
    bad(f"a97@liege.test;Nom;;{'V' * 121};fr;;", "is not in cities.csv"),
    good("a98@liege.test;{{ 7*7 }} <b>Nom</b>;;Liège;fr;;"),
    good("a99@liege.test;=?utf-8?q?a=0D=0ABcc:_x@y.test?=;;Liège;fr;;"),
    good("b01@liege.test;Robert') DROP TABLE contacts --;;Liège;fr;;"),
    good("b02@liege.test;%s %(name)s \\n \\;;Liège;fr;;"),
    # At the end: the first again, and a last line without an end.
    good("a02@liege.test;Lefèvre;Zoë;Liège;fr;Échevine;", outcome="repeated"),
    good("B03@Liege.Test;Nom;;Liège;fr;;"),
    good("b03@liege.test;Nom;;Liège;fr;;", outcome="repeated"),
    Trap(b"", None),
    good("b04@liege.test;Dernière;;Liège;fr;;"),
]


class Fate(NamedTuple):
    """What becomes of the row that begins in a line."""

    line: int
    outcome: str
    why: str


def trap_fates() -> list[Fate]:
    """Every row of the file by its first line."""
    fates, line = [], 1
    for trap in TRAPS:
        if trap.outcome is not None:
            fates.append(Fate(line, trap.outcome, trap.why))
        line += trap.lines.count(b"\n") + 1
    return fates


def write_traps(folder: Path) -> Path:
    """`subscribers/` with the trap file as its only list."""
    (folder / "lists").mkdir(parents=True)
    (folder / "cities.csv").write_text(CITIES, encoding="utf-8")
    ends = [b"\r\n" if number % 3 else b"\n" for number in range(len(TRAPS))]
    data = b"".join(trap.lines + end for trap, end in zip(TRAPS, ends, strict=True))
    (folder / "lists" / "members.csv").write_bytes(data.removesuffix(b"\r\n").removesuffix(b"\n"))
    return folder
