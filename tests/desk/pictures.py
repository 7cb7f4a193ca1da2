"""Pictures of the desk for the documentation: `python -m tests.desk.pictures` (`make pictures`)."""

import tempfile
from pathlib import Path

from tests.desk.browsing import desk_alone, sign_in
from tests.desk.stage import set_stage, slug_of
from tests.services.browser import chromium, serving

DOCS = Path(__file__).parents[2] / "docs"


def draw() -> None:
    """The review page with a passage open, as a reviewer of Dutch sees it."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = set_stage(Path(folder) / "newsroom")
        with serving(workspace, desk_alone) as origin, chromium() as browser:
            window = browser.new_context(
                viewport={"width": 1100, "height": 900}, locale="en-GB", color_scheme="light"
            )
            page = window.new_page()
            sign_in(page, origin, "Rens")
            page.goto(f"{origin}/desk/articles/{slug_of('in_review')}/nl/review?show=found")
            page.locator(".segs").scroll_into_view_if_needed()
            page.evaluate("document.querySelector('.review-top').scrollIntoView()")
            page.screenshot(path=DOCS / "review.png")


if __name__ == "__main__":
    draw()
