from common.models.idempotency_record import IdempotencyRecord

__all__ = ["IdempotencyRecord"]
