"""Rows in every table, those of tomorrow among them."""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Integer,
    LargeBinary,
    Table,
    insert,
)

from flows.store.columns import Moment
from flows.store.database import Transaction
from flows.store.schema import TABLES
from tests.functional.builders import NOW

WORDS = "é « ligne »\n\u202f\u05de\u05e8\u05d9\u05dd \\ ' \" \u2028 🏙"

READ = {"wall": "2026-12-01T09:00"}
"""What is read again as more than a text, by its column."""


def _value(column: Column[Any], number: int, allowed: dict[str, str]) -> object:
    """A value that this column may have, as telling as its type allows."""
    kind = column.type
    if column.name in allowed:
        return allowed[column.name]
    if isinstance(kind, Moment):
        return NOW + timedelta(days=number, microseconds=7)
    if isinstance(kind, JSON):
        return {"clé « à »": [1, None, WORDS], "n": number}
    if isinstance(kind, Boolean | Integer | Float):
        return number == 1 if isinstance(kind, Boolean) else 1_000 + number
    if isinstance(kind, LargeBinary):
        return bytes([number, *range(256)])
    length = getattr(kind, "length", None)
    return f"{number} {WORDS}"[:length]


def _allowed(table: Table) -> dict[str, str]:
    """The last word that each check of a table lets pass: an issue is over."""
    rules = [str(one.sqltext) for one in table.constraints if isinstance(one, CheckConstraint)]
    found = [re.match(r"(\w+) IN \(.*'(\w+)'\)", rule) for rule in rules]
    return READ | {match[1]: match[2] for match in found if match}


async def fill_every_table(tx: Transaction) -> None:
    """Two rows each; in the second whatever may be missing is."""
    made: dict[tuple[str, int], dict[str, object]] = {}
    for table in TABLES.sorted_tables:
        allowed = _allowed(table)
        for number in (1, 2):
            row: dict[str, object] = {}
            for column in table.columns:
                key = next(iter(column.foreign_keys), None)
                if number == 2 and column.nullable:
                    row[column.name] = None
                elif key is not None:
                    row[column.name] = made[key.column.table.name, number][key.column.name]
                else:
                    row[column.name] = _value(column, number, allowed)
            made[table.name, number] = row
            await tx.execute(insert(table).values(row))
