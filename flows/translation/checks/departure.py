"""What must be so before an issue leaves, beside its letters: its audience and its sender."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from flows.domain.finding import Severity
from flows.translation.checks.remark import Fact, Remark

USUAL: Final = 0.3
"""How far an audience may be from the middle of the last ones without a word."""

Published = Mapping[str, Sequence[str] | None]
"""TXT records by their names; `None` where nobody answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who letters say they are from: the author's domain, the envelope's, and the keys that sign.

    `keys` has the name and the text of each TXT record that the signatures need (RFC 6376, 3.6);
    `trouble` says why a key cannot be read.
    """

    author_domain: str
    envelope_domain: str
    keys: Mapping[str, str]
    trouble: str = ""

    @property
    def policies(self) -> tuple[str, ...]:
        """Where the author's policy may stand: at the domain, or at one above (RFC 7489, 6.6.3)."""
        labels = self.author_domain.split(".")
        above = range(max(1, len(labels) - 1))
        return tuple(f"_dmarc.{'.'.join(labels[start:])}" for start in above)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that is worth asking for."""
        return tuple(dict.fromkeys((*self.keys, self.envelope_domain, *self.policies)))


def check_audience(recipients: int, *, before: Sequence[int]) -> Iterator[Remark]:
    """Whether as many are reached as the last issues to the same lists reached."""
    if not recipients:
        yield _remark("audience", "nobody", {}, severity=Severity.ERROR)
    elif before and not 1 - USUAL <= recipients / median(before) <= 1 + USUAL:
        usual = median(before)
        facts = {
            "recipients": recipients,
            "usual": round(usual),
            "percent": round(abs(recipients / usual - 1) * 100),
        }
        yield _remark("audience", "fewer" if recipients < usual else "more", facts)


def check_sender(identity: Identity, published: Published) -> Iterator[Remark]:
    """Whether a receiving server can tell that letters are ours (RFC 6376, 7208 and 7489)."""
    if identity.trouble:
        facts = {"trouble": identity.trouble}
        yield _remark("sender", "unreadable", facts, severity=Severity.ERROR)
    elif not identity.keys:
        yield _remark("sender", "unsigned", {"domain": identity.author_domain})
    for name, text in identity.keys.items():
        yield from _judge_key(name, text, found=published.get(name))
    yield from _judge_presence("spf", (identity.envelope_domain,), "v=spf1", published)
    yield from _judge_presence("dmarc", identity.policies, "v=dmarc1", published)


def _judge_key(name: str, text: str, *, found: Sequence[str] | None) -> Iterator[Remark]:
    if found is None:
        yield _remark("sender", "unknown", {"name": name})
    elif not found:
        yield _remark("sender", "unpublished", {"name": name}, severity=Severity.ERROR)
    elif _key_in(text) not in map(_key_in, found):
        yield _remark("sender", "other-key", {"name": name}, severity=Severity.ERROR)


def _key_in(record: str) -> str:
    """The public key of a record, without the blanks that may stand in it."""
    tags = (tag.partition("=") for tag in record.split(";"))
    values = {name.strip(): "".join(value.split()) for name, _, value in tags}
    return values.get("p", "")


def _judge_presence(
    reason: str, names: Sequence[str], begins: str, published: Published
) -> Iterator[Remark]:
    answers = [published.get(name) for name in names]
    if any(text.lower().startswith(begins) for answer in answers for text in answer or ()):
        return
    if any(answer is None for answer in answers):
        yield _remark("sender", "unknown", {"name": names[0]})
    else:
        yield _remark("sender", reason, {"name": names[0]})


def _remark(
    check: str, reason: str, facts: Mapping[str, Fact], *, severity: Severity = Severity.WARNING
) -> Remark:
    return Remark(check=check, severity=severity, reason=reason, facts=facts)
