"""The small words of each language: what tells languages apart, and how numbers are spelt.

Keys are primary language subtags. A language without a line here is simply judged by less.
"""

from collections.abc import Mapping

_COMMON: Mapping[str, str] = {
    "fr": (
        "le la les un une des du de l d et ou où mais donc que qui quoi dont ce cet cette ces son "
        "sa ses leur leurs notre nos votre vos il elle ils elles on nous vous je ne pas plus par "
        "pour dans sur sous avec sans entre vers chez est sont été être a ont avait aux au en se "
        "si comme aussi très même tout tous toute toutes ainsi afin lors c qu n s y"
    ),
    "en": (
        "the a an of and or to in on at by for with from as is are was were be been has have had "
        "that which who this these those it its their they he she we our you not but also more "
        "than such between into about after before during through will would can could should "
        "may there where when how all both each"
    ),
    "nl": (
        "de het een en van in op te ten ter met voor door om aan bij uit naar over tussen als is "
        "zijn was werd werden wordt worden heeft hebben had dat die deze dit wie wat waar hoe "
        "niet maar ook meer dan zo er ze zij hij we wij hun haar ons onze alle veel nog tot tegen "
        "onder tijdens zodat omdat kan kunnen moet moeten zal"
    ),
    "de": (
        "der die das den dem des ein eine einen einem einer und oder in im an am auf zu zum zur "
        "mit von vom für durch über unter bei nach aus als ist sind war waren wird werden wurde "
        "hat haben dass welche dieser diese dieses es sie er wir ihr ihre nicht aber auch mehr "
        "noch wie wo um sich sowie zwischen gegen während"
    ),
    "es": (
        "el la los las un una unos unas de del y o a al en con por para sin sobre entre es son "
        "fue fueron ser ha han había que quien cual este esta estos estas su sus se lo le les no "
        "más pero también como muy cuando donde hasta desde durante todo todos nuestra "
        "nuestro"
    ),
    "it": (
        "il lo la i gli le un uno una di del della dei delle dello degli e o a al alla ai alle da "
        "dal dalla in nel nella nei nelle con su sul sulla per tra fra è sono era stato stata "
        "essere ha hanno che chi cui questo questa questi queste suo sua loro si non più ma anche "
        "come dove quando"
    ),
    "pt": (
        "o a os as um uma uns umas de do da dos das e ou em no na nos nas ao à aos às com por "
        "pelo pela para sem sobre entre é são foi foram ser tem têm que quem este esta estes "
        "estas seu sua seus suas se não mais mas também como quando onde até desde"
    ),
    "pl": (
        "w we z ze na do od po za o u i oraz a ale lub albo że który która które których jest są "
        "był była było były być się nie to ten ta te tego tej tych dla przez przy pod nad między "
        "jak także również już tylko ich jego jej"
    ),
}

FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(common.split()) for language, common in _COMMON.items()
}
"""The most frequent small words of each language, in lower case."""

DOUBLED_WORDS: Mapping[str, frozenset[str]] = {
    "fr": frozenset({"nous", "vous", "en"}),
    "en": frozenset({"had", "that"}),
    "nl": frozenset({"die", "dat", "zij", "er", "het", "is", "van", "in"}),
    "de": frozenset({"die", "das", "der", "sie"}),
}
"""Words that may rightly stand twice in a row."""

_ABBREVIATIONS = (
    "m mm mr mrs ms dr st ste art al p pp n no nr vol cf bv bvb dhr mevr jl vs resp env av chap "
    "fig ed tel tél z sr sra dott ul prof"
)
ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())
"""What stands before a full stop that ends no sentence, in any of the languages."""

AMBIGUOUS_MONTHS: Mapping[str, frozenset[str]] = {"en": frozenset({"March", "May"})}
"""Month names that are also common words; they count for sure only beside a number or a herald."""

MONTH_HERALDS: Mapping[str, str] = {
    "en": "in of since by until till from to last next this early late mid and between before after"
}
"""Words before an ambiguous name that make it a month."""

VAGUE_LINKS: Mapping[str, frozenset[str]] = {
    "fr": frozenset(
        {"ici", "cliquez ici", "cliquer ici", "en savoir plus", "lire la suite", "lien", "ce lien"}
    )
}
"""Texts of links that do not say where they lead."""

_SPELT: Mapping[str, Mapping[int, str]] = {
    "fr": {
        1: "un une premier première seul seule",
        2: "deux deuxième second seconde double",
        3: "trois troisième tiers triple",
        4: "quatre quatrième quart",
        5: "cinq cinquième",
        6: "six sixième",
        7: "sept septième",
        8: "huit huitième",
        9: "neuf neuvième",
        10: "dix dixième dizaine dizaines décennie",
        11: "onze onzième",
        12: "douze douzième douzaine midi",
        15: "quinze quinzaine",
        20: "vingt vingtaine",
        30: "trente trentaine",
        40: "quarante quarantaine",
        50: "cinquante cinquantaine moitié",
        60: "soixante soixantaine",
        100: "cent cents centaine centaines",
        1000: "mille millier milliers",
        0: "zéro minuit",
    },
    "en": {
        1: "one first once single a an",
        2: "two second secondly both twice double couple",
        3: "three third thirds thirdly triple",
        4: "four fourth quarter quarters",
        5: "five fifth",
        6: "six sixth",
        7: "seven seventh",
        8: "eight eighth",
        9: "nine ninth",
        10: "ten tenth tens decade",
        11: "eleven eleventh",
        12: "twelve twelfth dozen noon midday",
        15: "fifteen fortnight",
        20: "twenty",
        30: "thirty",
        40: "forty",
        50: "fifty half",
        60: "sixty sixties",
        70: "seventy seventies",
        80: "eighty eighties",
        90: "ninety nineties",
        100: "hundred hundreds",
        1000: "thousand thousands",
        0: "zero midnight",
    },
    "nl": {
        1: "een één eerste enige",
        2: "twee tweede beide beiden dubbel",
        3: "drie derde",
        4: "vier vierde kwart",
        5: "vijf vijfde",
        6: "zes zesde",
        7: "zeven zevende",
        8: "acht achtste",
        9: "negen negende",
        10: "tien tiende tiental tientallen decennium",
        11: "elf elfde",
        12: "twaalf twaalfde dozijn middag",
        15: "vijftien",
        20: "twintig",
        30: "dertig",
        40: "veertig",
        50: "vijftig helft",
        60: "zestig",
        70: "zeventig",
        80: "tachtig",
        90: "negentig",
        100: "honderd honderden",
        1000: "duizend duizenden",
        0: "nul middernacht",
    },
    "de": {
        1: "ein eine eins erste ersten",
        2: "zwei zweite zweiten beide beiden",
        3: "drei dritte dritten drittel",
        4: "vier vierte viertel",
        5: "fünf",
        6: "sechs",
        7: "sieben",
        8: "acht",
        9: "neun",
        10: "zehn",
        11: "elf",
        12: "zwölf mittag",
    },
    "es": {
        1: "un uno una primer primero primera",
        2: "dos segundo segunda ambos ambas",
        3: "tres tercer tercero tercera tercio",
        4: "cuatro cuarto cuarta",
        5: "cinco",
        6: "seis",
        7: "siete",
        8: "ocho",
        9: "nueve",
        10: "diez",
        11: "once",
        12: "doce mediodía",
    },
    "it": {
        1: "un uno una primo prima",
        2: "due secondo seconda entrambi entrambe",
        3: "tre terzo terza",
        4: "quattro quarto",
        5: "cinque",
        6: "sei",
        7: "sette",
        8: "otto",
        9: "nove",
        10: "dieci",
        11: "undici",
        12: "dodici mezzogiorno",
    },
    "pt": {
        1: "um uma primeiro primeira",
        2: "dois duas segundo segunda ambos ambas",
        3: "três terceiro terceira terço",
        4: "quatro quarto",
        5: "cinco",
        6: "seis",
        7: "sete",
        8: "oito",
        9: "nove",
        10: "dez",
        11: "onze",
        12: "doze",
    },
    "pl": {
        1: "jeden jedna jedno pierwszy pierwsza",
        2: "dwa dwie dwóch drugi druga oba obie",
        3: "trzy trzech trzeci trzecia",
        4: "cztery czterech czwarty",
        5: "pięć pięciu",
        6: "sześć sześciu",
        7: "siedem siedmiu",
        8: "osiem ośmiu",
        9: "dziewięć",
        10: "dziesięć",
        11: "jedenaście",
        12: "dwanaście",
    },
}

NUMBER_WORDS: Mapping[str, Mapping[str, int]] = {
    language: {word: value for value, spelt in table.items() for word in spelt.split()}
    for language, table in _SPELT.items()
}
"""What a number may be written as instead of digits."""

SCALES: Mapping[str, int] = {
    "mille": 3,
    "thousand": 3,
    "duizend": 3,
    "tausend": 3,
    "mil": 3,
    "mila": 3,
    "million": 6,
    "millions": 6,
    "miljoen": 6,
    "millionen": 6,
    "millón": 6,
    "millones": 6,
    "milione": 6,
    "milioni": 6,
    "milhão": 6,
    "milhões": 6,
    "milion": 6,
    "miliony": 6,
    "milionów": 6,
    "mln": 6,
    "mio": 6,
    "milliard": 9,
    "milliards": 9,
    "billion": 9,
    "miljard": 9,
    "milliarden": 9,
    "mld": 9,
}
"""Words after a number, in any of the languages, that multiply it by this power of ten."""


def primary(language: str) -> str:
    """The language without script or region: `nl` of `nl-BE`."""
    return language.partition("-")[0]
