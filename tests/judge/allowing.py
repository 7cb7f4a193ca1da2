"""What judges say that we let stand, each with its reason: `allowed.toml`."""

import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("allowed.toml")


def allowed(judge: str) -> Mapping[str, str]:
    """The reasons for what a judge may say, by a pattern for the whole of it."""
    with FILE.open("rb") as file:
        reasons: dict[str, str] = tomllib.load(file)[judge]
    return reasons


def not_allowed(judge: str, said: Collection[str]) -> list[str]:
    """What was said that no pattern allows, and the patterns that nothing needs any more."""
    patterns = list(allowed(judge))
    unknown = [one for one in said if not any(re.fullmatch(each, one) for each in patterns)]
    idle = [each for each in patterns if not any(re.fullmatch(each, one) for one in said)]
    return [*unknown, *(f"no longer needed in {FILE.name}: {each}" for each in idle)]
