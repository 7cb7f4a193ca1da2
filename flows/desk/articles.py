"""Articles: what there is, and what can be done with one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from starlette.responses import Response

from flows.desk.faults import in_words
from flows.desk.letters import make_preview
from flows.desk.visit import Visit
from flows.domain.account import Guest
from flows.domain.article import Article, Slug
from flows.domain.errors import InputError, NewsletterError
from flows.domain.issue import FROZEN, Issue
from flows.operations.gating import pass_gate
from flows.operations.inviting import invite_reviewer
from flows.operations.issues import open_issue
from flows.operations.library import Library
from flows.operations.limiting import count_attempt
from flows.operations.previewing import send_tests, trial_issue
from flows.operations.reviewing import LanguageReview, review_article, review_parts
from flows.operations.subscribers import parse_mailbox
from flows.store.contacts import list_sizes
from flows.store.database import Store
from flows.store.issues import find_issues
from flows.store.sessions import review_links_of

TESTS_AT_MOST: Final = 30
"""Test letters of one person in a quarter of an hour: enough to work, too few to pester anybody."""
MEASURED_AT_MOST: Final = 12
"""Articles whose languages the list shows, the newest first: each is read and rendered for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One article in the list; `problem` says why it cannot be read.

    `reviews` tell how far its languages are, while it is being worked on.
    """

    slug: Slug
    article: Article | None
    issues: list[Issue]
    problem: str = ""
    reviews: Sequence[LanguageReview] = ()

    @property
    def is_over(self) -> bool:
        """Whether an issue of it has begun to leave: its texts are frozen."""
        return any(one.state in FROZEN for one in self.issues)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One article of a digest, and how far its languages are."""

    article: Article
    reviews: list[LanguageReview]


async def show_all(visit: Visit) -> Response:
    """Every article, with its issues; the newest date first."""
    async with visit.runtime.store.reading() as tx:
        issues = await find_issues(tx)
    library, issues_of = visit.desk.library.at_once(), defaultdict[Slug, list[Issue]](list)
    for one in issues:
        issues_of[one.slug].append(one)
    lines = [_line(visit, slug, issues_of[slug]) for slug in library.slugs()]
    lines.sort(key=lambda line: line.article.front.date if line.article else "", reverse=True)
    under_way = [line.slug for line in lines if line.article and not line.is_over]
    measured = under_way[:MEASURED_AT_MOST]
    return visit.page(
        "articles.html",
        lines=[
            await _with_reviews(library, visit.runtime.store, line)
            if line.slug in measured
            else line
            for line in lines
        ],
    )


async def _with_reviews(library: Library, store: Store, line: Line) -> Line:
    """The line with how far its languages are."""
    try:
        reviews = await review_article(library, store, line.slug)
    except InputError:  # a catalogue that cannot be read: the article's own page says so
        return line
    return replace(line, reviews=reviews)


def _line(visit: Visit, slug: Slug, issues: list[Issue]) -> Line:
    try:
        return Line(slug=slug, article=visit.desk.library.article(slug), issues=issues)
    except InputError as error:
        return Line(slug=slug, article=None, issues=issues, problem=in_words(visit.words, error))


async def show(visit: Visit) -> Response:
    """One article."""
    return await _page(visit)


async def _page(
    visit: Visit, *, problem: str = "", status: int = 200, link: str = "", guest: str = ""
) -> Response:
    library, store, slug = visit.desk.library, visit.runtime.store, visit.named("slug")
    article = library.article(slug)
    reviews = await review_article(library, store, slug)
    parts = await review_parts(library, store, article)
    async with store.reading() as tx:
        issues = await find_issues(tx, slug=article.slug)
        lists = await list_sizes(tx)
        links = await review_links_of(tx, article.slug)
    return visit.page(
        "article.html",
        status=status,
        article=article,
        reviews=reviews,
        parts=[Part(article=library.article(one), reviews=some) for one, some in parts.items()],
        issues=list(reversed(issues)),
        lists=lists,
        links=links,
        targets=library.target_languages,
        problem=problem,
        link=link,
        guest=guest,
    )


async def open_new_issue(visit: Visit) -> Response:
    """An issue of the article to the lists that were chosen, or the one there is."""
    issue = await open_issue(
        visit.desk.library,
        visit.runtime.store,
        visit.named("slug"),
        lists=visit.form.all("list"),
        now=visit.now,
        by=visit.name,
        policy=visit.runtime.settings.schedule.policy,
    )
    late_hours = visit.runtime.settings.schedule.late_hours
    await pass_gate(
        visit.desk.library, visit.runtime.store, issue.id, now=visit.now, late_hours=late_hours
    )
    return visit.go(f"/issues/{issue.id}")


async def send_test(visit: Visit) -> Response:
    """The letter as it stands, to an address, in the languages that were chosen."""
    library, runtime, slug = visit.desk.library, visit.runtime, visit.named("slug")
    languages = [library.language(one) for one in visit.form.all("language")]
    try:
        mailbox = parse_mailbox(visit.form.text("address"), field=visit.say("Address"))
        if not languages:
            raise InputError(visit.say("Choose at least one."), field=visit.say("Languages"))
        account = visit.account
        for _ in languages:
            await count_attempt(
                runtime.store, {f"tests:{account.id}": TESTS_AT_MOST}, now=visit.now
            )
        previews = [
            await make_preview(visit, slug, language, issue=trial_issue(slug, language))
            for language in languages
        ]
        async with runtime.transport(connections=1) as transport:
            await send_tests(previews, mail_from=runtime.mail_from, to=mailbox, transport=transport)
    except NewsletterError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=422)
    return visit.go(f"/articles/{slug}", done="tested")


async def invite(visit: Visit) -> Response:
    """A link for one person to review one language; it is shown once, on the page that follows."""
    library, runtime = visit.desk.library, visit.runtime
    article = library.article(visit.named("slug"))
    guest = Guest(
        name=visit.form.text("name"),
        slug=article.slug,
        language=library.language(visit.form.text("language")),
    )
    try:
        token = await invite_reviewer(
            runtime.store, guest, by=visit.name, lasting=visit.desk.links_last, now=visit.now
        )
    except InputError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=422)
    link = f"{runtime.settings.desk_url}invitation/{token}"
    return await _page(visit, link=link, guest=guest.name)
