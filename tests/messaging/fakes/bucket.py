"""A bucket in memory, as boto3's client shows one."""

# ruff: noqa: N803  (the names are boto3's)

import io
from typing import Any

from botocore.exceptions import ClientError


class Body(io.BytesIO):
    def iter_chunks(self, size: int) -> Any:
        while chunk := self.read(size):
            yield chunk


class FakeBucket:
    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}

    def put(self, key: str, content: bytes, token: str) -> None:
        """Do what a browser's form does."""
        self.objects[key] = (content, {"token": token})

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        content, metadata = self._found(Key)
        return {"Body": Body(content), "Metadata": metadata}

    def copy_object(self, *, Bucket: str, Key: str, CopySource: dict[str, str]) -> None:
        self.objects[Key] = self._found(CopySource["Key"])

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        self.objects[Key] = (Body, {})

    def list_objects_v2(self, *, Bucket: str, Prefix: str) -> dict[str, Any]:
        found = [{"Key": key} for key in self.objects if key.startswith(Prefix)]
        return {"Contents": found} if found else {}

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> None:
        for one in Delete["Objects"]:
            self.objects.pop(one["Key"], None)

    def _found(self, key: str) -> tuple[bytes, dict[str, str]]:
        if key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return self.objects[key]
