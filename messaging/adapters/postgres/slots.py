"""Slots for uploads, reserved by the chat process."""

import hashlib
import uuid
from datetime import datetime
from typing import Any

from psycopg_pool import AsyncConnectionPool

from common.ids import new_id
from messaging.adapters.postgres.pool import connected
from messaging.application.ports import Rejected
from messaging.domain.errors import CONFLICT
from messaging.domain.files import SLOT_SECONDS, Slot, token_of
from messaging.domain.types.upload import Upload

# The second part finds a slot that the same action has got before.
RESERVE = """
    WITH made AS (
        INSERT INTO messaging_attachment (id, conversation_id, uploader_id, message_id, name, size, media_type, sha256,
                                          token_hash, key, has_thumbnail, status, refusal, expires_at)
        VALUES (%(id)s, %(conversation)s, %(user)s, %(message)s, %(name)s, %(size)s, %(media_type)s, %(sha256)s,
                %(token_hash)s, %(key)s, false, 'waiting', '', now() + %(seconds)s * interval '1 second')
        ON CONFLICT (uploader_id, message_id) DO NOTHING RETURNING *
    )
    SELECT id, key, size, media_type, sha256, status, expires_at FROM made
    UNION ALL
    SELECT id, key, size, media_type, sha256, status, expires_at FROM messaging_attachment
    WHERE uploader_id = %(user)s AND message_id = %(message)s
    LIMIT 1
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
            "key": f"attachments/{attachment_id.hex[-2:]}/{attachment_id.hex}",
            "seconds": SLOT_SECONDS,
        }
        async with connected(self._readers) as connection:
            cursor = await connection.execute(RESERVE, parameters)
            row = await cursor.fetchone()
        if row is None or row[5] != "waiting" or row[2:5] != (asked.size, asked.media_type, asked.sha256):
            return Rejected(CONFLICT)
        slot = Slot(row[0], row[1], token_of(row[0], secret=self._secret), row[2], row[3], row[4])
        return slot, row[6]
