"""What all public pages share: templates, languages, answers that protect their reader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs

from babel import Locale, UnknownLocaleError
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from flows.desk.readers.texts import page_texts
from flows.domain.language import Language, choose_edition
from flows.mail.links import keyed_hash, read_link, sign_link
from flows.mail.templates import Compiled
from flows.operations.limiting import network_of
from flows.operations.wishes import Rules
from flows.runtime.notifying import rules_of
from flows.runtime.runtime import Runtime

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
COMPILED: Final = Compiled()
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
OPEN_HEADERS: Final = {
    **{name: value for name, value in HEADERS.items() if name != "X-Robots-Tag"},
    "Cache-Control": "public, max-age=300",
}
"""Of pages that are the same for everybody."""
LONGEST_FORM_BYTES: Final = 65_536
LINKS: Final = {"subscribe": "/subscribe", "archive": "/archive"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageLink:
    """A way to the same page in another language."""

    tag: str
    name: str
    url: str
    current: bool


@dataclass(frozen=True, kw_only=True)
class Site:
    """The public pages of a newsroom; `desk_url` is where its desk is, if it serves one."""

    runtime: Runtime
    desk_url: str = ""
    templates: Environment = field(init=False)

    def __post_init__(self) -> None:
        """Open the templates once."""
        loader = FileSystemLoader(self.runtime.library.template_folders)
        environment = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            bytecode_cache=COMPILED,
        )
        object.__setattr__(self, "templates", environment)

    @property
    def rules(self) -> Rules:
        """How forms are taken."""
        return rules_of(self.runtime)

    @property
    def languages(self) -> Sequence[Language]:
        """Those of the letters, the network's own first."""
        return self.runtime.library.languages

    def language_of(self, request: Request, own: Language | None = None) -> Language:
        """The language that the reader chose in the address, their own, or their browser's."""
        header = request.headers.get("accept-language", "")
        accepted = [part.partition(";")[0].strip() for part in header.split(",")]
        wanted = [request.query_params.get("lang", ""), own or "", *accepted]
        return choose_edition(wanted, editions=self.languages) or self.languages[0]

    def read_token(self, request: Request, *, purpose: str) -> str | None:
        """What a signed link carries; `None` if it is not ours, or for another purpose."""
        token = request.path_params["token"]
        return read_link(self.runtime.link_keys, token, purpose=purpose)

    def link(self, purpose: str, payload: str) -> str:
        """A signed link of ours."""
        return sign_link(self.runtime.link_keys[0], purpose=purpose, payload=payload)

    def network_of(self, request: Request) -> str:
        """A keyed hash of the network that a form comes from; the address itself is not kept."""
        host = request.client.host if request.client else ""
        return keyed_hash(self.runtime.key, "network", network_of(host, ipv4_bits=24))

    def page(
        self,
        request: Request,
        name: str,
        *,
        page: str,
        language: Language,
        status: int = 200,
        headers: Mapping[str, str] = HEADERS,
        **values: Any,
    ) -> HTMLResponse:
        """A template filled, with the words of its page."""
        say = page_texts(self.runtime.library.template_folders, language, page=page)
        given = {
            "languages": self.language_links(request, say["language"]),
            "page": page,
            "alternates": {},
            "leads_on": False,
            "links": [
                {"url": f"{url}?lang={language}", "name": say[f"base_{key}"]}
                for key, url in LINKS.items()
                if key == "subscribe" or self.runtime.settings.web.archive
            ]
            + self._privacy_link(say),
            "direction": direction_of(say["language"]),
            **values,
        }
        body = self.templates.get_template(f"public/{name}.html").render(say=say, **given)
        return HTMLResponse(
            body, status_code=status, headers={**headers, "Content-Language": say["language"]}
        )

    def language_links(self, request: Request, current: str) -> list[LanguageLink]:
        """The same page in each language, if it can be asked for again."""
        if request.method == "POST":
            return []
        return [
            LanguageLink(
                tag=tag,
                name=native_name(tag),
                url=f"?lang={tag}",
                current=tag == current,
            )
            for tag in self.languages
        ]

    def _privacy_link(self, say: Mapping[str, str]) -> list[dict[str, str]]:
        policy = self.runtime.settings.privacy.policy_url
        return [{"url": policy, "name": say["base_privacy"]}] if policy else []

    def gone(self, request: Request, *, status: int = 404) -> HTMLResponse:
        """What is not there, or is not for this reader: the same in either case."""
        language = self.language_of(request)
        return self.page(
            request, "gone", page="gone", language=language, status=status, languages=[]
        )

    def controller(self, language: Language) -> str:
        """Who asks for a consent."""
        named = self.runtime.settings.privacy.controller
        return named or self.runtime.letterhead(language).sender.name


async def read_form(request: Request) -> dict[str, list[str]]:
    """The fields of an ordinary form; what is none, or too long, has no fields."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM_BYTES:
            return {}
    if kind != "application/x-www-form-urlencoded":
        return {}
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return {}


def first(fields: Mapping[str, Sequence[str]], name: str) -> str:
    """The first value of a field, or nothing."""
    return next(iter(fields.get(name, ())), "").replace("\0", "")


def native_name(tag: str) -> str:
    """What a language calls itself."""
    try:
        locale = Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return tag
    name = locale.get_display_name(locale) or tag
    return name[:1].upper() + name[1:]


def direction_of(tag: str) -> str:
    """`ltr` or `rtl`."""
    try:
        return Locale.parse(tag.replace("-", "_")).text_direction
    except (UnknownLocaleError, ValueError):
        return "ltr"
