"""The storage that the settings name."""

from functools import cache

from django.conf import settings

from messaging.adapters.storage.folder import FolderStorage
from messaging.adapters.storage.s3 import S3Storage

AnyStorage = FolderStorage | S3Storage


@cache
def chosen_storage() -> AnyStorage:
    """Return the object store, where there is one, else the folder."""
    if not settings.S3_ENDPOINT_URL:
        return FolderStorage(settings.STORAGE_FOLDER)
    return S3Storage(
        endpoint=settings.S3_ENDPOINT_URL,
        bucket=settings.S3_BUCKET,
        access_key=settings.S3_ACCESS_KEY,
        secret_key=settings.S3_SECRET_KEY,
        region=settings.S3_REGION,
    )
