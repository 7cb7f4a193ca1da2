"""The desk in a real Chromium: who signs in, and what goes wrong on a page."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page
from starlette.applications import Starlette

from flows.desk.site import build_desk, create_desk_site
from flows.operations.passwords import Passwords
from flows.runtime.runtime import Runtime
from tests.desk.people import CHEAP, PASSWORD


def desk_alone(runtime: Runtime) -> Starlette:
    """The desk as an application of its own, which loses no time over passwords."""
    return create_desk_site(build_desk(runtime, passwords=Passwords(hasher=CHEAP)))


def sign_in(page: Page, origin: str, name: str, password: str = PASSWORD) -> None:
    """Sign in by the form."""
    page.goto(f"{origin}/desk/login")
    page.fill("#name", name)
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_url(f"{origin}/desk/")


class Watched:
    """What went wrong on a page: errors, dialogs, what the policy stopped."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        context.on("page", self._watch)

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", self._dismiss)
        page.on("console", self._listen)

    def _dismiss(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _listen(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(f"console: {said.text}")
