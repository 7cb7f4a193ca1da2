"""Everything that can be asked of the desk, and by whom: the one table of that."""

from typing import Final

from flows.desk import account, guests, home, signing, vouching
from flows.desk.access import (
    EVERYONE,
    PUBLIC,
    VISITING,
)
from flows.desk.guard import Entry

ENTRIES: Final = (
    Entry("GET", "/login", signing.ask, PUBLIC),
    Entry("POST", "/login", signing.sign_in, PUBLIC),
    Entry("GET", "/login/code", signing.ask_code, PUBLIC),
    Entry("POST", "/login/code", signing.give_code, PUBLIC),
    Entry("GET", "/login/directory", vouching.leave_for_directory, PUBLIC),
    Entry("GET", "/login/directory/back", vouching.come_back, PUBLIC),
    Entry("GET", "/invitation/{token}", guests.greet, PUBLIC),
    Entry("POST", "/invitation/{token}", guests.begin, PUBLIC),
    Entry("POST", "/logout", signing.sign_out, VISITING),
    Entry("GET", "/account", account.show, EVERYONE),
    Entry("POST", "/account/language", account.choose_language, EVERYONE),
    Entry("POST", "/account/password", account.change_password, EVERYONE),
    Entry("GET", "/account/code", account.ask_second_factor, EVERYONE),
    Entry("POST", "/account/code", account.set_second_factor, EVERYONE),
    Entry("POST", "/account/code/off", account.drop_second_factor, EVERYONE),
    Entry("POST", "/account/visits/end", account.end_others, EVERYONE),
    Entry("GET", "/", home.show, EVERYONE),
)
