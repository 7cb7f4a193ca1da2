"""A ledger of very many letters, written by the database itself: for looks, not for sending."""

from datetime import datetime

from sqlalchemy import bindparam, text

from flows.domain.issue import IssueId
from flows.store.columns import Moment
from flows.store.database import Store

NUMBERS = "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < :letters)"
HEX = {
    "sqlite": ("lower(hex(randomblob(32)))", "lower(hex(randomblob(20)))"),
    "postgresql": ("md5(random()::text) || md5(n::text)", "md5(random()::text) || n"),
}
"""An address hash and the beginning of a Message-ID, in each database's words."""


async def fill_ledger(store: Store, issue: IssueId, *, letters: int, now: datetime) -> None:
    """An issue that is being sent: three letters in five are answered."""
    hashed, name = HEX[store.engine.dialect.name]
    moment = Moment()
    async with store.writing() as tx:
        await tx.execute(
            text(
                "INSERT INTO issues"
                " (id, slug, state, lists, created_at, started_at, reason, policy)"
                " VALUES (:issue, :issue, 'sending', '[]', :at, :at, '', 'hold')"
            ).bindparams(bindparam("at", type_=moment)),
            {"issue": issue, "at": now},
        )
        await tx.execute(
            text(
                "INSERT INTO deliveries (issue, contact, mailbox, address_hash, name, city,"
                f" language, message_id, state, attempt, next_at, code, reply) {NUMBERS}"
                f" SELECT :issue, n, 'reader' || n || '@example.org', {hashed},"
                " 'Prévention n° ' || n, 'Ville ' || (n % 250),"
                " CASE n % 3 WHEN 0 THEN 'fr' WHEN 1 THEN 'en' ELSE 'nl' END,"
                f" {name} || '@example.org', 'pending', 0, :at, 0, '' FROM g"
            ).bindparams(bindparam("at", type_=moment)),
            {"issue": issue, "at": now, "letters": letters},
        )
        await tx.execute(
            text(
                "UPDATE deliveries SET state = CASE WHEN id % 500 = 0 THEN 'refused'"
                " WHEN id % 1000 = 1 THEN 'deferred' ELSE 'accepted' END, next_at = NULL,"
                " code = CASE WHEN id % 500 = 0 THEN 550 ELSE 250 END,"
                " reply = '2.0.0 Ok: queued as ABCDEF', settled_at = :at, sending_at = :at,"
                " claim = 'host-1', lease_until = :at, attempt = 1 WHERE id <= :sent"
            ).bindparams(bindparam("at", type_=moment)),
            {"at": now, "sent": letters * 3 // 5},
        )
