"""Who a letter goes to and who it comes from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from flows.domain.image import Carriage
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
class Letterhead:
    """All that a language's letters of an issue say of us, fixed when the issue is frozen.

    `base_url` is where the links lead; `mail_domain` ends Message-IDs and the Feedback-ID. With a
    `bounce_domain`, each letter has a return path of its own there (VERP). `images` says how its
    pictures come along.
    """

    sender: Sender
    base_url: str
    mail_domain: str
    bounce_domain: str = ""
    images: Carriage = Carriage.HOSTED

    def as_json(self) -> dict[str, Any]:
        """What the database keeps."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """What `as_json` gave."""
        how = Carriage(kept.get("images", Carriage.HOSTED))
        return cls(**{**kept, "sender": Sender(**kept["sender"]), "images": how})


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
    preferences_url: str = ""
