"""Text as XML 1.0 can hold it (section 2.2): what it forbids is left out, not escaped."""

import re
from xml.sax.saxutils import escape, quoteattr

FORBIDDEN = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def xml_text(text: str) -> str:
    """The text as an element's content."""
    return escape(FORBIDDEN.sub("", text), {"\r": "&#13;"})


def xml_attribute(text: str) -> str:
    """The text as an attribute's value, in its quotation marks."""
    return quoteattr(FORBIDDEN.sub("", text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
