"""Which words of a page are hard to read, in a light and a dark scheme."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.content.colours import contrast_of, faint_words, read_colour

COLOURS = st.tuples(*[st.integers(0, 255)] * 3)


def faint(body: str, *, style: str = "", dark: bool = False) -> list[tuple[str, str, str]]:
    """What is found in a page: the words, their colour, and what is behind them."""
    page = f'<html lang="en"><head><style>{style}</style></head><body>{body}</body></html>'
    return [(one.words, one.colour, one.background) for one in faint_words(page, dark=dark)]


@given(one=COLOURS, other=COLOURS)
def test_contrast_is_a_ratio_from_1_to_21_whichever_colour_comes_first(
    one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    """WCAG 2.2, contrast ratio."""
    assert contrast_of(one, other) == contrast_of(other, one)
    assert 1 <= contrast_of(one, other) <= 21
    assert contrast_of(one, one) == 1


def test_black_on_white_is_21_and_the_known_borderline_grey_just_passes() -> None:
    """#767676 is the lightest grey that passes on white."""
    white = (255, 255, 255)
    assert contrast_of((0, 0, 0), white) == 21
    assert contrast_of((0x76, 0x76, 0x76), white) >= 4.5 > contrast_of((0x77, 0x77, 0x77), white)


@given(colour=COLOURS)
def test_a_colour_is_read_however_it_is_written(colour: tuple[int, int, int]) -> None:
    """In hexadecimal or as `rgb()`."""
    red, green, blue = colour
    assert read_colour(f"#{red:02X}{green:02x}{blue:02x}") == colour
    assert read_colour(f" rgb({red}, {green},{blue}) ") == colour


@pytest.mark.parametrize("written", ["", "inherit", "#12", "url(#fff)", "rgb(1,2)", "#ggg"])
def test_what_is_no_colour_is_not_guessed(written: str) -> None:
    """What is behind it shows instead."""
    assert read_colour(written) is None


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('<p style="color:#777777">x</p>', [("x", "#777777", "#ffffff")]),
        ('<p style="color:#777777;font-size:24px">x</p>', []),
        ('<h2 style="color:#777777;font-size:19px">x</h2>', []),
        ('<p style="color:#777777;font-size:19px">x</p>', [("x", "#777777", "#ffffff")]),
        ('<td bgcolor="#000"><p>x</p></td>', [("x", "#000000", "#000000")]),
        ('<td bgcolor="#000" style="background-color:#fff">x</td>', []),
        ('<div style="background:#14487c"><b style="color:#fff">x</b><br>y</div>', ["y"]),
        ('<p style="color:#eee;display:none">x</p>', []),
        ('<p style="color:#eee"><img src="a" alt="b"> </p>', []),
        ('<a href="#x">x</a>', []),
        ('<div style="background:#000"><a href="#x">x</a></div>', [("x", "#0000ee", "#000000")]),
        (
            '<div style="color:#fff;background:#000"><a href="#" style="color:inherit">x</a></div>',
            [],
        ),
        ('<p style="color:#eee">x</p><p style="color:#eee">y</p>', [("x", "#eeeeee", "#ffffff")]),
    ],
)
def test_words_are_judged_on_what_is_behind_them(body: str, found: list[object]) -> None:
    """Large ones less strictly; one finding for a pair of colours; nothing of what is not seen."""
    told = faint(body)
    assert (told if not found or isinstance(found[0], tuple) else [one[0] for one in told]) == found


def test_the_dark_scheme_is_judged_by_its_own_rules() -> None:
    """They win over the styles in the elements, as `!important` says."""
    body = '<div class="sheet" style="color:#222222;background-color:#ffffff">x</div>'
    rules = "@media (prefers-color-scheme: dark) {{ .sheet {{ {} }} }} .sheet {{ margin: 0 }}"
    half = rules.format("background-color: #111111 !important")
    whole = rules.format("background-color: #111111 !important; color: #eeeeee !important")

    assert faint(body, style=half, dark=True) == [("x", "#222222", "#111111")]
    assert faint(body, style=whole, dark=True) == []
    assert faint(body, style=half) == []
