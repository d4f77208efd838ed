"""Slots for uploads, reserved by the chat process."""

import hashlib
import uuid
from datetime import datetime
from typing import Any

from psycopg_pool import AsyncConnectionPool

from common.ids import new_id
from messaging.adapters.postgres.pool import connected
from messaging.application.ports import Rejected
from messaging.domain.errors import CONFLICT, QUOTA
from messaging.domain.files import DAY_BYTES, DAY_FILES, SLOT_SECONDS, Slot, key_of, token_of
from messaging.domain.types.upload import Upload

# The second part finds a slot that the same action has got before. Nodes that reserve at once may together go beyond the
# day's quota by a file each.
RESERVE = """
    WITH used AS (
        SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM messaging_attachment
        WHERE uploader_id = %(user)s AND created_at > now() - interval '1 day'
    ), made AS (
        INSERT INTO messaging_attachment (id, conversation_id, uploader_id, message_id, name, size, media_type, sha256,
                                          token_hash, key, has_thumbnail, status, refusal, expires_at)
        SELECT %(id)s, %(conversation)s, %(user)s, %(message)s, %(name)s, %(size)s, %(media_type)s, %(sha256)s,
               %(token_hash)s, %(key)s, false, 'waiting', '', now() + %(seconds)s * interval '1 second'
        FROM used WHERE files < %(day_files)s AND bytes + %(size)s <= %(day_bytes)s
        ON CONFLICT (uploader_id, message_id) DO NOTHING RETURNING *
    )
    SELECT id, key, size, media_type, sha256, status, expires_at FROM made
    UNION ALL
    SELECT id, key, size, media_type, sha256, status, expires_at FROM messaging_attachment
    WHERE uploader_id = %(user)s AND message_id = %(message)s
    LIMIT 1
"""
# What came was not what was announced, such as half a file: the same action may try again.
AGAIN = """
    UPDATE messaging_attachment
    SET status = 'waiting', refusal = '', settled_at = NULL, key = %(key)s, has_thumbnail = false,
        expires_at = now() + %(seconds)s * interval '1 second'
    WHERE id = %(id)s AND status = 'refused'
    RETURNING id, key, size, media_type, sha256, status, expires_at
"""


class PostgresSlots:
    def __init__(self, *, readers: AsyncConnectionPool[Any], secret: str) -> None:
        self._readers = readers
        self._secret = secret

    async def reserve(self, user_id: uuid.UUID, asked: Upload) -> tuple[Slot, datetime] | Rejected:
        attachment_id = new_id()
        token = token_of(attachment_id, secret=self._secret)
        parameters = {
            "id": attachment_id,
            "conversation": asked.conversation,
            "user": user_id,
            "message": asked.id,
            "name": asked.name,
            "size": asked.size,
            "media_type": asked.media_type,
            "sha256": asked.sha256,
            "token_hash": hashlib.sha256(token.encode()).hexdigest(),
            "key": key_of(attachment_id),
            "seconds": SLOT_SECONDS,
            "day_files": DAY_FILES,
            "day_bytes": DAY_BYTES,
        }
        async with connected(self._readers) as connection:
            cursor = await connection.execute(RESERVE, parameters)
            row = await cursor.fetchone()
            if row is not None and row[5] == "refused" and row[2:5] == (asked.size, asked.media_type, asked.sha256):
                again = {"id": row[0], "key": key_of(row[0]), "seconds": SLOT_SECONDS}
                row = await (await connection.execute(AGAIN, again)).fetchone() or row
        if row is None:
            return Rejected(QUOTA)
        if row[5] != "waiting" or row[2:5] != (asked.size, asked.media_type, asked.sha256):
            return Rejected(CONFLICT)
        slot = Slot(row[0], row[1], token_of(row[0], secret=self._secret), row[2], row[3], row[4])
        return slot, row[6]
