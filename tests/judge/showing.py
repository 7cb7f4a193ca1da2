"""A letter in a real browser, with its pictures from `tests/letters/pictures`."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route

from tests.letters.stage import PICTURES


@contextmanager
def opened(
    browser: Browser, html: str, *, images: bool = True, width: int = 700, height: int = 900
) -> Iterator[Page]:
    """A letter, in a window of its own. Nothing is fetched from anywhere."""
    context = browser.new_context(viewport={"width": width, "height": height})
    context.route("**/*", _answer if images else lambda route: route.abort())
    page = context.new_page()
    page.set_content(html, wait_until="load")
    yield page
    context.close()


def in_mail_program(letter: str) -> str:
    """A page of a mail program with a letter in it, which brings no landmark of its own."""
    return f"""<!DOCTYPE html><html lang="en"><head><title>Inbox</title>
    <style>body {{ margin: 0 }} iframe {{ display: block; border: 0; width: 100% }}</style>
    </head><body><main><iframe title="Letter" srcdoc="{escape(letter)}"></iframe></main>
    <script>const frame = document.querySelector('iframe');
    frame.onload = () => frame.height = frame.contentDocument.documentElement.scrollHeight</script>
    </body></html>"""


def _answer(route: Route) -> None:
    """A picture of the samples by the beginning of its name, which hosting may lengthen."""
    name = PurePosixPath(urlsplit(route.request.url).path).name
    found = [one for one in PICTURES.iterdir() if name.startswith(one.stem)]
    if found:
        route.fulfill(path=found[0])
    else:
        route.abort()
