"""Terms: the glossary is followed, and names keep the form that the language gives them."""

from collections.abc import Iterator

from flows.domain.finding import Severity
from flows.translation.checks.inline import OPAQUE
from flows.translation.checks.pair import Pair
from flows.translation.checks.remark import Remark, replace_spans


def find_term_problems(pair: Pair) -> Iterator[Remark]:
    """Glossary terms that are translated otherwise, forbidden forms, names left or changed."""
    if not pair.glossary:
        return
    problems = pair.glossary.problems(
        pair.source.text.replace(OPAQUE, " "),
        pair.target.text.replace(OPAQUE, " "),
        language=pair.language,
    )
    for problem in problems:
        edits = [(start, end, problem.replacement or "") for start, end in problem.spans]
        yield Remark(
            check="glossary",
            severity=Severity.WARNING,
            reason=problem.reason,
            facts=problem.facts,
            span=problem.spans[0] if problem.spans else None,
            fix=replace_spans(pair.target.raw, edits) if problem.replacement else None,
            is_safe=True,
        )
