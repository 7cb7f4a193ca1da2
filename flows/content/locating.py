"""Where in the source file a segment begins, for an editor to jump to."""

import re

from flows.domain.article import Article
from flows.domain.segment import SegmentKey

LEADING_WORDS = 6
BETWEEN_WORDS = r"[\s>\\]+"
"""What may lie between two words in the file: line breaks, the marks of a quotation."""


class Locator:
    """Finds segments in reading order: each search begins where the last one ended."""

    def __init__(self, article: Article) -> None:
        self.article = article
        self.position = 0

    def find(self, key: SegmentKey) -> int | None:
        """The 1-based line in the source file, or `None` where the text is not found as it is."""
        context, source = key
        if context and context.startswith("meta:"):
            return self.article.field_lines.get(context.removeprefix("meta:"))
        words = [re.escape(word) for word in source.split()[:LEADING_WORDS]]
        match = self._search(BETWEEN_WORDS.join(words)) or self._search(words[0])
        if not match:
            return None
        if context is None:
            self.position = match.end()
        return self.article.body_line + self.article.body.count("\n", 0, match.start())

    def _search(self, pattern: str) -> re.Match[str] | None:
        compiled = re.compile(pattern)
        body = self.article.body
        return compiled.search(body, self.position) or compiled.search(body)
