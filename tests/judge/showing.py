"""A letter in a real browser, with the pictures that the newsroom made for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route

from flows.content.images.shelf import Shelf


@contextmanager
def opened(
    browser: Browser, html: str, *, shelf: Shelf | None, width: int = 700, height: int = 900
) -> Iterator[Page]:
    """A letter, in a window of its own, without pictures if there is no `shelf`.

    Nothing is fetched from anywhere.
    """
    context = browser.new_context(viewport={"width": width, "height": height})
    context.route("**/*", _answering(shelf) if shelf else lambda route: route.abort())
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


def _answering(shelf: Shelf) -> Callable[[Route], None]:
    """What the public pages would answer."""

    def answer(route: Route) -> None:
        raw = shelf.find(PurePosixPath(urlsplit(route.request.url).path).name)
        if raw is None:
            route.abort()
        else:
            route.fulfill(body=raw)

    return answer
