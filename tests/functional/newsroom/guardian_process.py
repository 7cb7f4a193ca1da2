"""A guardian as a process of its own: `guardian_process.py FOLDER WORD…`, for `small_room`."""

import sys
from pathlib import Path

from flows.domain.errors import NewsletterError
from flows.newsroom.guardian import Patience, keep_newsroom_up
from flows.settings.reading import read_settings

ROOM = Path(__file__).with_name("small_room.py")
IMPATIENT = Patience(
    orphans_seconds=1,
    start_seconds=30,
    silence_seconds=2,
    stop_seconds=5,
    steady_seconds=30,
    most_failures=3,
)


def say(line: str) -> None:
    """On standard output."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(folder: Path, words: list[str]) -> None:
    """Keep the small newsroom up, with the shortest pauses."""
    try:
        keep_newsroom_up(
            read_settings(folder),
            env={},
            say=say,
            chance=lambda: -0.5,
            patience=IMPATIENT,
            command=[sys.executable, str(ROOM), str(folder), *words],
        )
    except NewsletterError as error:
        say(f"newsletter: {error}")
        sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
