"""How many letters are begun and not yet answered: as few as keep the connections busy."""

from typing import Final

WIDEST: Final = 6
"""At most so many letters for each connection. All of them are in doubt after a crash.

A busy connection has two: one on its way, the next one's address with it. Two more wait while the
ledger has its turn, and two are answered and wait for that turn.
"""


class Window:
    """Begins with two letters a connection: one on its way, the next one's address with it.

    It widens while connections wait for the ledger, and halves when the relay says `later`.
    """

    def __init__(self, connections: int) -> None:
        self.size = 2 * connections
        self._connections = connections

    @property
    def share(self) -> int:
        """So many answers are worth a turn with the ledger."""
        return max(1, self.size // 3)

    def learn(self, *, starved: bool, answered: int, deferred: int) -> None:
        """What the last answers tell; `starved`: a connection wanted a letter and found none."""
        if 2 * deferred > answered:
            self.size = max(1, self.size // 2)
        elif starved and answered:
            self.size = min(self.size + self._connections, WIDEST * self._connections)
