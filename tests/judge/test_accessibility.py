"""axe-core in a real browser: WCAG 2.2 AA, light and dark, on a screen and on a phone."""

import pytest
from playwright.sync_api import Browser

from tests.judge.showing import in_mail_program, opened
from tests.letters.stage import NAMES, Letters, Name
from tests.services.browser import Look, faults_in_every_look

pytestmark = pytest.mark.judge

LOOKS: tuple[Look, ...] = (("light", 700), ("light", 320), ("dark", 700), ("dark", 320))


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_a_letter_is_accessible_and_fits_its_window(
    name: Name, pages: dict[Name, str], letters: Letters, browser: Browser
) -> None:
    """No violation; nothing runs over at 320 pixels."""
    with opened(browser, in_mail_program(pages[name]), shelf=letters.shelf) as page:
        assert faults_in_every_look(page, looks=LOOKS, frames=True) == {}


def test_the_judge_sees_a_pale_text(pages: dict[Name, str], browser: Browser) -> None:
    """The same letter with grey words is refused."""
    words = '</h1><p style="color: #bbb; background: #fff">pale</p>'
    pale = pages[NAMES[0]].replace("</h1>", words)
    with opened(browser, in_mail_program(pale), shelf=None) as page:
        found = faults_in_every_look(page, looks=LOOKS[:1], frames=True)
    assert any("color-contrast" in fault for faults in found.values() for fault in faults)
