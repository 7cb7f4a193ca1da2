"""Who a letter goes to and who it comes from."""

from dataclasses import dataclass

from flows.domain.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The From, Reply-To and list identity of one language's letters.

    `list_id` is the stable identifier of RFC 2919, section 2, without its angle brackets.
    """

    name: str
    address: str
    reply_to: str = ""
    list_id: str = ""
    list_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """The fields of one letter. `address` is the ASCII form that goes on the envelope."""

    address: str
    name: str
    language: Language
    message_id: str
    unsubscribe_url: str
    web_url: str
    unsubscribe_address: str = ""
