"""A ledger of very many letters, written by the database itself: for looks, not for sending."""

from datetime import datetime

from sqlalchemy import text

from flows.domain.issue import IssueId
from flows.store.database import Store

NUMBERS = "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < :letters)"


async def fill_ledger(store: Store, issue: IssueId, *, letters: int, now: datetime) -> None:
    """An issue that is being sent on SQLite: three letters in five are answered."""
    at = now.strftime("%Y-%m-%d %H:%M:%S.%f")
    async with store.writing() as tx:
        await tx.execute(
            text(
                "INSERT INTO issues (id, slug, state, lists, created_at, started_at, reason)"
                " VALUES (:issue, :issue, 'sending', '[]', :at, :at, '')"
            ),
            {"issue": issue, "at": at},
        )
        await tx.execute(
            text(
                "INSERT INTO deliveries (issue, contact, mailbox, address_hash, name, city,"
                f" language, message_id, state, attempt, next_at, code, reply) {NUMBERS}"
                " SELECT :issue, n, 'reader' || n || '@example.org', lower(hex(randomblob(32))),"
                " 'Prévention n° ' || n, 'Ville ' || (n % 250),"
                " CASE n % 3 WHEN 0 THEN 'fr' WHEN 1 THEN 'en' ELSE 'nl' END,"
                " lower(hex(randomblob(20))) || '@example.org', 'pending', 0, :at, 0, '' FROM g"
            ),
            {"issue": issue, "at": at, "letters": letters},
        )
        await tx.execute(
            text(
                "UPDATE deliveries SET state = CASE WHEN id % 500 = 0 THEN 'refused'"
                " WHEN id % 1000 = 1 THEN 'deferred' ELSE 'accepted' END, next_at = NULL,"
                " code = CASE WHEN id % 500 = 0 THEN 550 ELSE 250 END,"
                " reply = '2.0.0 Ok: queued as ABCDEF', settled_at = :at, sending_at = :at,"
                " claim = 'host-1', lease_until = :at, attempt = 1 WHERE id <= :sent"
            ),
            {"at": at, "sent": letters * 3 // 5},
        )
