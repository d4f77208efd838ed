"""Files: the folder's own upload door, the storage's webhook, signed downloads."""

import hmac
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.core.signing import BadSignature
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.problems import InvalidInput, NotFound, Problem
from common.transactions import use_case
from messaging.adapters.orm import attachments
from messaging.adapters.storage.chosen import chosen_storage
from messaging.adapters.storage.folder import CHUNK, FolderStorage, TooLong
from messaging.api import serializers as shapes
from messaging.api.callers import caller_of
from messaging.api.members import parsed
from messaging.domain.files import IMAGES


class UntrustedReport(Problem):
    """A report about a file that isn't from our storage."""

    code = "untrusted_report"
    status = 401
    title = "This report is not from the storage."


class StorageWebhook(APIView):
    """Takes bucket events as MinIO and S3 send them; says 204 also to what it knows already."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes: list[Any] = []
    further_problems = {"post": (UntrustedReport,)}

    @extend_schema(
        operation_id="attachments_storage_webhook",
        summary="For the object store: report files that have arrived",
        description="`Authorization: Bearer` with the secret that the storage was given.",
        request=shapes.BucketEventSerializer,
        responses={204: None},
        auth=[],
        examples=[
            OpenApiExample(
                "MinIO",
                value={
                    "EventName": "s3:ObjectCreated:Post",
                    "Records": [{"s3": {"object": {"key": "attachments%2F9f%2F0199", "size": 1024}}}],
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        secret = settings.STORAGE_WEBHOOK_TOKEN
        if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
            raise UntrustedReport
        for record in parsed(shapes.BucketEventSerializer(data=request.data))["Records"]:
            key = unquote_plus(record["s3"]["object"]["key"])
            waiting = attachments.find_waiting(key=key)
            if waiting is not None:
                settle(waiting)
        return Response(status=204)


class AttachmentView(APIView):
    @extend_schema(
        operation_id="attachments_read",
        summary="Go to a file of one of your conversations",
        description="Redirects to an address that is signed and holds for five minutes.",
        parameters=[OpenApiParameter("variant", str, enum=["thumbnail"], description="A small picture instead.")],
        responses={302: None},
    )
    def get(self, request: Request, attachment_id: uuid.UUID) -> HttpResponse:
        attachment = attachments.get_attachment(user_id=caller_of(request), attachment_id=attachment_id)
        key, media_type = attachment.key, attachment.media_type
        if request.query_params.get("variant") == "thumbnail":
            if not attachment.has_thumbnail:
                raise NotFound
            key, media_type = key + ".thumbnail", "image/jpeg"
        url = chosen_storage().download_url(key, name=attachment.name, media_type=media_type)
        answer = HttpResponseRedirect(url)
        answer["Cache-Control"] = "private, no-store"
        return answer


@csrf_exempt
@require_http_methods(["PUT"])
def receive_upload(request: HttpRequest, token: str) -> HttpResponse:
    """Take a file into the folder, then report it as any storage would. The slot's token is the permission."""
    storage = folder()
    name, _, secret = token.partition(".")
    attachment = attachments.get_slot(attachment_id=id_in(name), now=timezone.now())
    slot = attachments.slot_of(attachment)
    if not hmac.compare_digest(secret.encode(), slot.token.encode()):
        raise NotFound
    try:
        storage.receive(slot.key, chunks_of(request), limit=slot.size, token=secret)
    except TooLong as error:
        raise InvalidInput("The file is longer than announced.") from error
    refusal = settle(attachment)
    if refusal is not None:
        raise InvalidInput("The file is not what was announced.", reason=refusal)
    return HttpResponse(status=204)


@require_safe
def send_file(request: HttpRequest, ticket: str) -> FileResponse:
    """Send a file of the folder to whoever has its signed address."""
    try:
        path, name, media_type = folder().ticket_of(ticket)
        file = path.open("rb")
    except (BadSignature, FileNotFoundError) as error:
        raise NotFound from error
    answer = FileResponse(file, content_type=media_type, as_attachment=media_type not in IMAGES, filename=name)
    answer["Cache-Control"] = "private, max-age=300"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def settle(attachment: Any) -> str | None:
    """Examine a file outside any transaction, then settle its slot; return why it was refused, if so."""
    key, refusal = attachments.examine(attachment)
    with use_case():
        attachments.settle_upload(attachment_id=attachment.id, key=key, refusal=refusal, now=timezone.now())
    attachments.tidy_up(files=attachments.list_files_of(attachment_id=attachment.id))
    return refusal


def folder() -> FolderStorage:
    """Return the folder.

    Raises:
        NotFound: files lie in an object store, and these doors lead nowhere.
    """
    storage = chosen_storage()
    if not isinstance(storage, FolderStorage):
        raise NotFound
    return storage


def chunks_of(request: HttpRequest) -> Iterator[bytes]:
    while chunk := request.read(CHUNK):
        yield chunk


def id_in(text: str) -> uuid.UUID:
    """Raises: NotFound: it isn't one."""
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound from error
