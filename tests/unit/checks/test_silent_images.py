"""What a picture says must be said in the translation, too."""

import pytest

from flows.domain.language import Language
from flows.translation.checks.registry import check_segment

SOURCE = "Voir ![le plan de la ville](plan.png) ici."


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("See ![the map of the town](plan.png) here.", False),
        ("See ![](plan.png) here.", True),
        ("See ![-](plan.png) here.", True),
    ],
)
def test_a_translation_may_not_lose_the_text_of_a_picture(target: str, told: bool) -> None:  # noqa: FBT001
    """Who listens to the letter would miss what the French tells."""
    remarks = check_segment(
        SOURCE,
        target,
        kind="p",
        context=None,
        language=Language("en"),
        source_language=Language("fr"),
        glossary=None,
    )
    assert ("alternative" in {one.check for one in remarks}) == told


@pytest.mark.parametrize("target", ["![](plan.png)", "![ ](plan.png)", "![-](plan.png)"])
def test_a_picture_on_its_own_without_its_text_is_called_so(target: str) -> None:
    """No engine is to blame where there was nothing but a picture's text to translate."""
    remarks = check_segment(
        "![Le plan de la ville](plan.png)",
        target,
        kind="p",
        context=None,
        language=Language("en"),
        source_language=Language("fr"),
        glossary=None,
    )
    checks = {one.check for one in remarks}
    assert "alternative" in checks
    assert "engine" not in checks
