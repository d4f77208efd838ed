"""The storage that the settings name."""

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from messaging.adapters.storage.folder import FolderStorage

if TYPE_CHECKING:
    from messaging.adapters.storage.s3 import S3Storage


@cache
def chosen_storage() -> "FolderStorage | S3Storage":
    """Return the object store, where there is one, else the folder."""
    if not settings.S3_ENDPOINT_URL:
        return FolderStorage(settings.STORAGE_FOLDER)
    # boto3 costs each process 0.2 s of its start and 20 MB: only for who has an object store.
    from messaging.adapters.storage.s3 import S3Storage

    return S3Storage(
        endpoint=settings.S3_ENDPOINT_URL,
        bucket=settings.S3_BUCKET,
        access_key=settings.S3_ACCESS_KEY,
        secret_key=settings.S3_SECRET_KEY,
        region=settings.S3_REGION,
    )
