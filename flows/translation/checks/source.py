"""The French source: what an author wrote that cannot be translated as it stands."""

import re
from collections.abc import Iterator

from flows.content.markdown import new_markdown
from flows.content.rawhtml import INNERMOST, NOT_PROSE
from flows.domain.finding import Severity
from flows.domain.language import Language
from flows.translation.checks.remark import Remark

FENCE = re.compile(r"^(?P<fence>```+|~~~+).*?^(?P=fence)[`~]*\s*?$", re.DOTALL | re.MULTILINE)
LETTER = re.compile(r"[^\W\d_]")
PATTERNS = (
    (
        "admonition",
        re.compile(r"^!!![ ]*[\w-]+[ ]*$", re.MULTILINE),
        "give the box a title in quotation marks, or its English name will show",
    ),
    (
        "braces",
        re.compile(r"\{:[^}\n]*\n[^}]{0,200}\}"),
        "attributes in braces must stand on one line",
    ),
    (
        "link-title",
        re.compile(r'^\[[^\]\n]+\]:[^"\n]*"[^"\n]*"[^"\n]*".*$', re.MULTILINE),
        "a link's title cannot hold straight quotation marks; use « »",
    ),
)


OWN_IMAGES = "only images at https:// addresses can be mailed so far"
OWN_IMAGE = re.compile(r"!\[[^\]\n]*\]\((?!https://)[^)\s]+")


def lint_source(body: str) -> list[Remark]:
    """What is wrong with an article's Markdown body, with its places in it."""
    body = FENCE.sub(lambda found: re.sub(r"\S", " ", found.group()), body)
    return sorted(
        [
            *_odd_patterns(body),
            *_own_images(body),
            *_loose_html(body),
            *_open_quotations(body),
        ],
        key=lambda remark: remark.span or (0, 0),
    )


def _odd_patterns(body: str) -> Iterator[Remark]:
    for check, pattern, message in PATTERNS:
        for found in pattern.finditer(body):
            yield _warn(check, message, span=found.span())


def _own_images(body: str) -> Iterator[Remark]:
    """Images that no reader would see: a letter can only show what lies at an https address."""
    for found in OWN_IMAGE.finditer(body):
        yield Remark(
            check="image",
            severity=Severity.ERROR,
            message=OWN_IMAGES,
            span=found.span(),
        )


def _loose_html(body: str) -> Iterator[Remark]:
    """Raw HTML with text outside any paragraph-like element: that text stays French."""
    renderer = new_markdown(Language("fr"))
    renderer.convert(body)
    for block in renderer.htmlStash.rawHtmlBlocks:
        if not isinstance(block, str) or NOT_PROSE.match(block):
            continue
        text = " ".join(re.sub(r"<[^>]*>|&\w+;", " ", INNERMOST.sub("", block)).split())
        if LETTER.search(text) and (at := body.find(text.split()[0], body.find(block))) >= 0:
            message = f"text in HTML outside a paragraph is not translated: “{text[:40]}”"
            yield _warn("raw-html", message, span=(at, at + len(text.split()[0])))


def _open_quotations(body: str) -> Iterator[Remark]:
    for paragraph in re.finditer(r"(?:[^\n]+\n?)+", body):
        if paragraph.group().count("«") != paragraph.group().count("»"):
            yield _warn("quotations", "a « or » has no partner", span=paragraph.span())


def _warn(check: str, message: str, *, span: tuple[int, int]) -> Remark:
    return Remark(check=check, severity=Severity.WARNING, message=message, span=span)
