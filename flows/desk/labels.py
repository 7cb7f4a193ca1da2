"""What the program's own terms are called on the pages."""

from typing import Final

from flows.desk.notices import mark
from flows.domain.account import Role

ROLES: Final = {
    Role.EDITOR: mark("editor"),
    Role.REVIEWER: mark("reviewer"),
    Role.PUBLISHER: mark("publisher"),
    Role.ADMINISTRATOR: mark("administrator"),
}
