from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.translation.checks.explaining import REVIEWERS, explain
from flows.translation.checks.remark import Remark
from flows.translation.checks.source import lint_source

SCRAPS = (
    '** * [ ] ( ) ](a.test) ][x] [^1] ` {{ }} {: .a } <b> </b> &amp; « » “ ” " ‘ ’ , . ! ? : ; … '
    "  \u00a0 \u202f \u200b \n \\ ⟦html1⟧ <script> mai May 18h30 1,5 1.250 2019 Liège Luik XIV "
    "the de la het for for et et 3e 12 am 24:00 _a_ https://a.test/fr/ a@b.test 🙂"
)
MARKUP = st.sampled_from(SCRAPS.split(" "))
TEXT = st.one_of(
    st.text(max_size=60), st.lists(MARKUP, max_size=14).map(" ".join), st.lists(MARKUP).map("".join)
)
CALM = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@CALM
@given(
    source=TEXT,
    target=TEXT,
    language=st.sampled_from(["en", "nl", "de", "es", "fr", "it", "pl", "pt", "tlh"]),
)
def test_checks_take_any_text(
    source: str, target: str, language: str, check: Callable[..., list[Remark]]
) -> None:
    """No text makes a check fail; places lie within the translation, words are in each language."""
    for remark in check(source, target, language=language):
        assert remark.span is not None
        assert 0 <= remark.span[0] <= remark.span[1] <= len(target)
        assert all(explain(remark, reviewer=reviewer) for reviewer in REVIEWERS)


@CALM
@given(pair=st.data(), noise=MARKUP)
def test_a_fix_makes_its_remark_disappear(
    pair: Any, noise: str, good_pairs: list[Any], check: Callable[..., list[Remark]]
) -> None:
    """Applying a remark's fix answers that remark."""
    good = pair.draw(st.sampled_from(good_pairs))
    at = pair.draw(st.integers(0, len(good.target)))
    broken = good.target[:at] + noise + good.target[at:]
    options = {"language": good.language, "kind": good.kind, "context": good.context}
    for remark in check(good.source, broken, **options):
        if remark.fix is not None:
            left = check(good.source, remark.fix, **options)
            assert remark.says not in [other.says for other in left]


@CALM
@given(source=TEXT, target=TEXT)
def test_a_fix_of_anything_makes_its_remark_disappear(
    source: str, target: str, check: Callable[..., list[Remark]]
) -> None:
    """The same holds of texts that nobody would write."""
    for remark in check(source, target):
        if remark.fix is not None:
            left = check(source, remark.fix)
            assert remark.says not in [other.says for other in left]


@CALM
@given(body=st.lists(st.one_of(TEXT, st.sampled_from(["!!! note", "<div>", "</div>"]))))
def test_the_source_lint_takes_any_text(body: list[str]) -> None:
    """No article makes the lint fail."""
    text = "\n\n".join(body)
    for remark in lint_source(text):
        assert remark.span is not None
        assert 0 <= remark.span[0] <= remark.span[1] <= len(text)
