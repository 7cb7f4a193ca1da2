"""Writing XLIFF 2.0: markup as codes that a translator can move but not spoil."""

from collections.abc import Iterator, Sequence

from flows.domain.segment import SegmentState
from flows.translation.tokens import Role, Token, tokenise
from flows.translation.xliff.units import (
    MACHINE,
    NAMESPACE,
    Document,
    Matched,
    Offer,
    list_parts,
    match_marks,
    part_id,
    unit_id,
)
from flows.translation.xmltext import xml_attribute, xml_text

STATES = {
    SegmentState.EMPTY: 'state="initial"',
    SegmentState.DRAFT: f'state="initial" subState="{MACHINE}"',
    SegmentState.EDITED: 'state="translated"',
    SegmentState.APPROVED: 'state="final"',
}


def format_xliff(document: Document) -> str:
    """The document as XLIFF 2.0 (OASIS Standard, 5 August 2014)."""
    head = (
        f'<xliff xmlns="{NAMESPACE}" version="2.0"'
        f" srcLang={xml_attribute(document.source_language)}"
        f" trgLang={xml_attribute(document.language)}>\n"
        f'<file id="f1" original={xml_attribute(document.slug)} xml:space="preserve">\n'
    )
    units = "".join(part for offer in document.offers for part in _format_offer(offer))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{units}</file>\n</xliff>\n'


def _format_offer(offer: Offer) -> Iterator[str]:
    """The unit of a segment, then those of its titles and alternative texts."""
    tokens = tokenise(offer.segment.source)
    matched = match_marks(tokens, offer.target) if offer.target.strip() else None
    name = unit_id(offer.segment.key)
    locked = ' translate="no"' if offer.state is SegmentState.APPROVED else ""
    yield (
        f"<unit id={xml_attribute(name)} name={xml_attribute(_name(offer))}{locked}>\n"
        f"{_format_notes(offer, shown=matched is not None)}{_format_data(tokens)}"
        f"<segment {STATES[offer.state] if matched else STATES[SegmentState.EMPTY]}>\n"
        f"<source>{_format_content(tokens)}</source>\n"
        f"{f'<target>{_format_content(matched.tokens)}</target>' if matched else ''}"
        "</segment>\n</unit>\n"
    )
    for place, part in enumerate(list_parts(tokens), start=1):
        yield _format_part(offer, part_id(name, place), part, matched)


def _format_part(offer: Offer, name: str, part: str, matched: Matched | None) -> str:
    known = matched.parts.get(part, "") if matched else ""
    target = f"<target>{xml_text(known)}</target>" if known else ""
    locked = ' translate="no"' if offer.state is SegmentState.APPROVED else ""
    return (
        f'<unit id={xml_attribute(name)} name="title or alternative text"{locked}>\n'
        f"<segment {STATES[offer.state] if known else STATES[SegmentState.EMPTY]}>\n"
        f"<source>{xml_text(part)}</source>\n{target}</segment>\n</unit>\n"
    )


def _name(offer: Offer) -> str:
    return offer.segment.context or offer.segment.kind


def _format_notes(offer: Offer, *, shown: bool) -> str:
    """Where the segment stands, its terms, and a translation with other marks than the source."""
    place = f"line {offer.segment.line}, " if offer.segment.line else ""
    notes = [("location", f"{place}{offer.segment.kind}")]
    notes += [("glossary", f"{term} → {' | '.join(to)}") for term, to in offer.terms]
    if offer.target.strip() and not shown:
        notes.append(("current", offer.target))
    lines = (f'<note category="{about}">{xml_text(text)}</note>\n' for about, text in notes)
    return f"<notes>\n{''.join(lines)}</notes>\n"


def _format_data(tokens: Sequence[Token]) -> str:
    data = [token for token in tokens if token.role is not Role.TEXT]
    if not data:
        return ""
    lines = (f'<data id="{_data_id(token)}">{xml_text(token.raw)}</data>\n' for token in data)
    return f"<originalData>\n{''.join(lines)}</originalData>\n"


def _data_id(token: Token) -> str:
    return f"{'e' if token.role is Role.CLOSE else 'd'}{token.number}"


def _format_content(tokens: Sequence[Token]) -> str:
    return "".join(map(_format_token, tokens))


def _format_token(token: Token) -> str:
    number = token.number
    if token.role is Role.TEXT:
        return xml_text(token.raw)
    if token.role is Role.CLOSE:
        return "</pc>"
    if token.role is Role.OPEN:
        return f'<pc id="{number}" dataRefStart="d{number}" dataRefEnd="e{number}" canDelete="no">'
    shown = xml_attribute(token.raw.replace("\n", "⏎"))
    return f'<ph id="{number}" dataRef="d{number}" disp={shown} canDelete="no"/>'
