from pathlib import Path

import pytest

from flows.domain.errors import InputError
from flows.domain.style import FrenchSpacing
from flows.settings.model import Settings
from flows.settings.reading import read_settings


def settings_of(tmp_path: Path, toml: str) -> Settings:
    """The settings of a workspace with this file."""
    (tmp_path / "newsletter.toml").write_text(toml, encoding="utf-8")
    return read_settings(tmp_path)


def test_the_house_s_choices_are_read(tmp_path: Path) -> None:
    """Tags in their usual case, hosts without `www.`, marks in pairs."""
    style = settings_of(
        tmp_path,
        "[style]\n"
        'quotation_marks = { en = "‘’ “”", NL-be = "“”" }\n'
        'localised_sites = { "www.Efus.eu" = ["FR", "en"] }\n'
        'french_spacing = "eu"\n',
    ).style.house
    assert style.quotation_marks == {"en": (("‘", "’"), ("“", "”")), "nl-BE": (("“", "”"),)}
    assert style.pages_of("EFUS.eu") == ("fr", "en")
    assert style.pages_of("example.org") == ()
    assert style.french_spacing is FrenchSpacing.EU


@pytest.mark.parametrize(
    "wrong",
    [
        'quotation_marks = { en = "‘’“" }',
        'quotation_marks = { en = "" }',
        'quotation_marks = { en = "ab" }',
        'quotation_marks = { english = "“”" }',
        'localised_sites = { "efus.eu" = ["french"] }',
        'french_spacing = "fr"',
    ],
)
def test_what_is_no_choice_is_refused(tmp_path: Path, wrong: str) -> None:
    """With the setting that is wrong."""
    with pytest.raises(InputError, match=r"style\."):
        settings_of(tmp_path, f"[style]\n{wrong}\n")
