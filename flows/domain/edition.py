"""An edition: one issue in one language, exactly as approved."""

import hashlib
import json
from dataclasses import asdict, dataclass

from flows.domain.article import Slug
from flows.domain.language import Language

HOLES = ("unsubscribe_url", "preferences_url", "web_url", "recipient_name")
"""What differs from letter to letter; an edition's HTML and text have `hole(name)` there."""


def hole(name: str) -> str:
    """The mark that stands in an edition where a letter's own value goes.

    Letters and digits only, so that no template, sanitiser, CSS inliner or URL encoder touches it.
    """
    return f"zz0{name.replace('_', '0')}0zz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The subject, preheader, HTML and plain text that one language's readers get."""

    slug: Slug
    language: Language
    subject: str
    preheader: str
    html: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of everything that a reader of this edition sees."""
        canonical = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()
