"""The small words of each language: what tells languages apart, and how numbers are spelt.

Keys are primary language subtags. A language without a line here is simply judged by less.
"""

from collections.abc import Mapping

_COMMON: Mapping[str, str] = {
    "fr": (
        "le la les un une des du de l d et ou où mais donc que qui quoi dont ce cet cette ces son "
        "sa ses leur leurs notre nos votre vos il elle ils elles on nous vous je ne pas plus par "
        "pour dans sur sous avec sans entre vers chez est sont été être a ont avait aux au en se "
        "si comme aussi très même tout tous toute toutes ainsi afin lors à c qu n s y"
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

VAGUE_LINKS: Mapping[str, frozenset[str]] = {
    "fr": frozenset(
        {"ici", "cliquez ici", "cliquer ici", "en savoir plus", "lire la suite", "lien", "ce lien"}
    )
}
"""Texts of links that do not say where they lead."""


def primary(language: str) -> str:
    """The language without script or region: `nl` of `nl-BE`."""
    return language.partition("-")[0]
