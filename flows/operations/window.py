"""How many letters are begun and not yet answered: as few as keep the connections busy."""

from typing import Final

WIDEST: Final = 4
"""At most so many letters for each connection. All of them are in doubt after a crash."""


class Window:
    """Begins with two letters a connection: one on its way, the next one's address with it.

    It widens while connections wait for the ledger, and halves when the relay says `later`.
    """

    def __init__(self, connections: int) -> None:
        self.size = 2 * connections
        self._connections = connections

    def learn(self, *, starved: bool, answered: int, deferred: int) -> None:
        """What the last answers tell; `starved`: a connection wanted a letter and found none."""
        if 2 * deferred > answered:
            self.size = max(1, self.size // 2)
        elif starved and answered:
            self.size = min(self.size + self._connections, WIDEST * self._connections)
