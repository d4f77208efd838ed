"""The doors of the development push service; they don't exist in production."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications.push_sink import UnreadablePush, receive, received

SHOWN_HEADERS = ("Ttl", "Content-Encoding", "Authorization")


@csrf_exempt
@require_http_methods(["GET", "POST"])
def browser(request: HttpRequest, name: str) -> HttpResponse:
    """POST delivers as to a push service (RFC 8030); GET shows what has come."""
    if request.method == "GET":
        return JsonResponse({"received": received(name)})
    headers = {one: request.headers[one] for one in SHOWN_HEADERS if one in request.headers}
    try:
        receive(name, body=request.body, headers=headers)
    except UnreadablePush as error:
        return HttpResponse(str(error), status=400, content_type="text/plain")
    return HttpResponse(status=201, headers={"Location": request.path})
