"""Files in an object store that speaks S3, such as MinIO: browsers upload there, and it reports through its webhook."""

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from messaging.application.ports import UploadTarget
from messaging.domain.errors import PortUnavailable
from messaging.domain.files import DOWNLOAD_SECONDS, HEAD_BYTES, SLOT_SECONDS, Slot, StoredFile, another_key

CHUNK = 256 * 1024
ABSENT = ("NoSuchKey", "404")


class S3Storage:
    """Everything that a slot promises stands in the signed policy; what arrives is verified again."""

    def __init__(self, *, endpoint: str, bucket: str, access_key: str, secret_key: str, region: str) -> None:
        self._bucket = bucket
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            region_name=region,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 3}),
        )

    def upload_target(self, slot: Slot) -> UploadTarget:
        fields = {"Content-Type": slot.media_type, "x-amz-meta-token": slot.token}
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        conditions.append(["content-length-range", slot.size, slot.size])
        signed = self._client.generate_presigned_post(
            self._bucket, slot.key, Fields=fields, Conditions=conditions, ExpiresIn=SLOT_SECONDS
        )
        return UploadTarget("POST", signed["url"], signed["fields"])

    def download_url(self, key: str, *, name: str, media_type: str) -> str:
        parameters = {
            "Bucket": self._bucket,
            "Key": key,
            "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "ResponseContentType": media_type,
        }
        return str(self._client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=DOWNLOAD_SECONDS))

    def take(self, key: str) -> str | None:
        taken = another_key(key)
        try:
            self._client.copy_object(Bucket=self._bucket, Key=taken, CopySource={"Bucket": self._bucket, "Key": key})
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                return None
            raise PortUnavailable("storage") from error
        except BotoCoreError as error:
            raise PortUnavailable("storage") from error
        return taken

    def stored(self, key: str) -> StoredFile | None:
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=key)
            digest, size, head = hashlib.sha256(), 0, b""
            for chunk in found["Body"].iter_chunks(CHUNK):
                head = head or chunk[:HEAD_BYTES]
                digest.update(chunk)
                size += len(chunk)
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                return None
            raise PortUnavailable("storage") from error
        except BotoCoreError as error:
            raise PortUnavailable("storage") from error
        return StoredFile(size, digest.hexdigest(), head, found["Metadata"].get("token", ""))

    def chunks(self, key: str) -> Iterator[bytes]:
        yield from self._client.get_object(Bucket=self._bucket, Key=key)["Body"].iter_chunks(CHUNK)

    def write(self, key: str, content: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=content)

    def tidy(self, key: str, *, kept: str | None) -> None:
        found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=key).get("Contents", [])
        over = [one["Key"] for one in found if kept is None or not one["Key"].startswith(kept)]
        if over:
            self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": [{"Key": name} for name in over]})
