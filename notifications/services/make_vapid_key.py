"""The key by which push services know this installation: made when it is first needed, and never again."""

import base64

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from common.transactions import requires_transaction
from notifications.models import VapidKey


@requires_transaction
def make_vapid_key() -> VapidKey:
    """Return the key; two that are made at once end as one."""
    known = VapidKey.objects.filter(id=1).first()
    if known is not None:
        return known
    made = Vapid02()
    made.generate_keys()
    point = made.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    public_key = base64.urlsafe_b64encode(point).rstrip(b"=").decode()
    VapidKey.objects.bulk_create(
        [VapidKey(id=1, private_pem=made.private_pem().decode(), public_key=public_key)], ignore_conflicts=True
    )
    return VapidKey.objects.get(id=1)
