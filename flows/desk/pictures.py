"""The picture of a sending: a bar for each span of time, as high as the letters answered in it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flows.domain.delivery import DeliveryState
from flows.store.sums import History

WIDTH: Final = 960
HEIGHT: Final = 160
ORDER: Final = (
    DeliveryState.ACCEPTED,
    DeliveryState.DEFERRED,
    DeliveryState.REFUSED,
    DeliveryState.UNKNOWN,
)
TICKS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of a bar, in the picture's own units."""

    state: DeliveryState
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a template draws: blocks, the times under them, and the highest bar's letters.

    `peak` is of one span of `width`.
    """

    blocks: list[Block]
    ticks: list[datetime]
    peak: int
    width: timedelta


def draw(history: History) -> Picture:
    """Letters by time, one bar for each span, stacked by what became of them."""
    begins = min(span.begins_at for span in history.spans)
    ends = max(span.begins_at for span in history.spans) + history.width
    bars: defaultdict[datetime, dict[DeliveryState, int]] = defaultdict(dict)
    for span in history.spans:
        bars[span.begins_at][span.state] = span.letters
    peak = max(sum(bar.values()) for bar in bars.values())
    scale = WIDTH / ((ends - begins) / history.width)
    blocks = []
    for begins_at, bar in sorted(bars.items()):
        x, y = scale * ((begins_at - begins) / history.width), float(HEIGHT)
        for state in ORDER:
            height = HEIGHT * bar.get(state, 0) / peak
            y -= height
            if height:
                blocks.append(
                    Block(
                        state=state,
                        x=round(x, 1),
                        y=round(y, 1),
                        width=round(max(scale - 1, 1), 1),
                        height=round(height, 1),
                    )
                )
    step = (ends - begins) / TICKS
    ticks = [begins + step * number for number in range(TICKS + 1)]
    return Picture(blocks=blocks, ticks=ticks, peak=peak, width=history.width)
