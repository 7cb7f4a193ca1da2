"""The newsroom as the child of its guardian: `python -m flows.newsroom.room HANDLE`.

HANDLE is the pipe on which it gives its signs of life; its standard input is the lifeline.
"""

import logging
import os
import sys

import structlog

from flows.domain.errors import NewsletterError
from flows.newsroom.pulse import FAILED, Pulse, write_error
from flows.newsroom.up import run_newsroom
from flows.runtime.logs import hide_secrets, set_up_logging
from flows.runtime.speaking import speaker
from flows.runtime.stopping import mark_newsroom
from flows.settings.reading import find_workspace, read_settings

log = structlog.get_logger()


def main(handle: str) -> None:
    """Run the newsroom until it is told to stop; a failure is told to the guardian."""
    pulse = Pulse(int(handle))
    pulse.end_with_guardian()
    os.set_inheritable(int(handle), False)
    mark_newsroom()
    try:
        settings = read_settings(find_workspace(None))
        set_up_logging(level=logging.INFO, form=settings.log.form, file=sys.stdout)
        hide_secrets(settings)
        run_newsroom(settings, say=speaker(settings.log.form), pulse=pulse)
    except NewsletterError as error:
        pulse.say(FAILED, **write_error(error))
        sys.exit(1)
    except Exception as error:
        log.exception("newsroom.failed")
        pulse.say(FAILED, kind="passing", why=f"{type(error).__name__}: {error}")
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
