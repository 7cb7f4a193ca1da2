"""A newsroom of a few lines, for a guardian: `small_room.py SCRIPT… HANDLE`.

SCRIPT are words, of which each start takes the next one; the last stays.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from flows.domain.errors import InputError, TransientError
from flows.newsroom.pulse import BEAT, FAILED, READY, Pulse, write_error
from flows.runtime.stopping import mark_newsroom

SLEEPER = "import time; time.sleep(60)"


def main(folder: Path, words: list[str], handle: int) -> None:
    """Do as the word says, and write down that it began."""
    pulse = Pulse(handle)
    pulse.end_with_guardian()
    os.set_inheritable(handle, False)
    mark_newsroom()
    starts = folder / "starts"
    before = starts.read_text().splitlines() if starts.exists() else []
    word = words[min(len(before), len(words) - 1)]
    with starts.open("a") as file:
        file.write(json.dumps({"pid": os.getpid(), "word": word}) + "\n")
    act(word, pulse, folder)


def act(word: str, pulse: Pulse, folder: Path) -> None:
    """One way to be a newsroom."""
    if word == "wrong":
        pulse.say(FAILED, **write_error(InputError("is taken", field="port", remedy="Another.")))
        sys.exit(1)
    if word == "passing":
        pulse.say(FAILED, **write_error(TransientError("the database is away")))
        sys.exit(1)
    if word == "dies":
        os.abort()
    pulse.say(READY)
    if word == "leaves-a-child":
        child = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
        (folder / "child").write_text(str(child.pid))
        time.sleep(0.2)
        os.abort()
    if word == "hangs":
        time.sleep(60)
    while True:
        pulse.say(BEAT)
        time.sleep(0.2)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:-1], int(sys.argv[-1]))
