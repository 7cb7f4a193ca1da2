"""The pictures of an article: whether a letter can show each, and what it says to who sees none."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from flows.content.illustrating import Illustrator, Shown
from flows.content.images.files import is_remote
from flows.domain.finding import Severity
from flows.domain.image import ImageError
from flows.translation.checks.remark import Remark

NO_FIGURES: Final[Mapping[str, int]] = MappingProxyType({})


class PictureRemark(NamedTuple):
    """What is said of one picture."""

    remark: Remark
    shown: Shown


def check_pictures(illustrator: Illustrator) -> Iterator[PictureRemark]:
    """What is wrong with the pictures that an article names, each in the place that it has.

    Nothing is fetched. One on somebody's server is told: it may change after the letter was
    approved, and that server sees who reads it.
    """
    for shown in illustrator.pictures():
        if shown.text is None:
            yield PictureRemark(_remark("alt", shown), shown)
        elif shown.names_link:  # WCAG 2.2, 2.4.4
            yield PictureRemark(_remark("link", shown), shown)
        if is_remote(shown.reference):
            yield PictureRemark(_remark("remote", shown), shown)
        try:
            illustrator.require(shown)
        except ImageError as error:
            yield PictureRemark(_remark(error.fault, shown, error.facts), shown)


def _remark(reason: str, shown: Shown, facts: Mapping[str, int] = NO_FIGURES) -> Remark:
    return Remark(
        check="image",
        severity=Severity.WARNING if reason == "remote" else Severity.ERROR,
        reason=reason,
        facts={"image": shown.reference, **facts},
    )
