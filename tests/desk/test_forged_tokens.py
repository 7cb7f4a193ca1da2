"""Nobody makes a token of ours: neither by changing one, nor by using it for something else."""

import string
from datetime import timedelta

from flows.desk.cookies import DIRECTORY, MARK, STEP, VISIT
from flows.domain.account import Guest
from flows.domain.language import Language
from flows.mail.links import read_link, sign_link
from flows.operations.inviting import invite_reviewer
from tests.desk.conftest import Browser, Site
from tests.functional.editorial.conftest import SLUG

ALPHABET = string.ascii_letters + string.digits + "-_"


def forgeries(token: str) -> list[str]:
    """The token with one character changed, at each place; every last one; and more or less."""
    changed = [
        token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        for place in range(len(token))
    ]
    twins = [token[:-1] + one for one in ALPHABET if one != token[-1]]
    return [*changed, *twins, token + "=", token[:-1], "", token.swapcase()]


def holding(site: Site, cookie: str, value: str) -> Browser:
    """A browser with one cookie."""
    browser = site.browser()
    browser.cookies.set(cookie, value, domain="127.0.0.1", path="/")
    return browser


async def test_a_visit_s_token_that_was_changed_opens_nothing(site: Site) -> None:
    """Not even with its last character's twin in base64."""
    signed_in = await site.signed_in("Paula")
    token = signed_in.cookies[VISIT]
    assert (await holding(site, VISIT, token).get("/desk/account")).status_code == 200

    for forged in forgeries(token):
        answer = await holding(site, VISIT, forged).get("/desk/account")
        assert answer.status_code == 303, forged


async def test_a_review_link_that_was_changed_opens_nothing(site: Site) -> None:
    """All get the same page; the link itself is not used up by them."""
    guest = Guest(name="Joost", slug=SLUG, language=Language("nl"))  # type: ignore[arg-type]
    token = await invite_reviewer(
        site.runtime.store, guest, by="Paula", lasting=timedelta(hours=1), now=site.clock()
    )
    browser = site.browser()

    answers = [await browser.get(f"/desk/invitation/{one}") for one in forgeries(token) if one]

    assert {one.status_code for one in answers} == {410}
    assert (await browser.get(f"/desk/invitation/{token}")).status_code == 200


def test_a_signed_cookie_is_read_for_its_own_purpose_and_key_alone() -> None:
    """Whoever holds one kind cannot use it as another, nor after the key was changed."""
    purposes, key = (MARK, STEP, DIRECTORY), b"k" * 32
    for purpose in purposes:
        token = sign_link(key, purpose=purpose, payload="7")
        assert read_link([key], token, purpose=purpose) == "7"
        assert read_link([b"n" * 32], token, purpose=purpose) is None
        for other in {*purposes, "unsubscribe", "view"} - {purpose}:
            assert read_link([key], token, purpose=other) is None
        for forged in forgeries(token):
            assert read_link([key], forged, purpose=purpose) is None, forged


async def test_a_mark_of_a_known_browser_does_not_stand_for_a_password(site: Site) -> None:
    """It is no way to the page of the code either."""
    signed_in = await site.signed_in("Paula")
    mark = signed_in.cookies[MARK]

    for cookie in (VISIT, STEP):
        browser = holding(site, cookie, mark)
        assert (await browser.get("/desk/account")).status_code == 303
        assert (await browser.get("/desk/login/code")).status_code == 303
