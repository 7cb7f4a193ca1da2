"""Those who work at the desks of the tests."""

from collections.abc import Mapping

from argon2 import PasswordHasher

from flows.domain.account import Role

PASSWORD = "correct horse battery staple"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Tests of what happens, not of how long it takes."""

PEOPLE: Mapping[str, tuple[Role, ...]] = {
    "Édith": (Role.EDITOR,),
    "Rens": (Role.REVIEWER,),
    "Paula": (Role.PUBLISHER,),
    "Ada": (Role.ADMINISTRATOR,),
    "Coralie": (Role.CORRESPONDENT,),
}
EVERYONE: Mapping[str, tuple[Role, ...]] = PEOPLE
