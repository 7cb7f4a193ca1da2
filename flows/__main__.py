"""`python -m flows` is the `newsletter` command."""

from flows.cli.main import run

if __name__ == "__main__":
    run()
