"""Paths of the chat process."""

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path, re_path

from messaging.adapters.sockets.endpoint import ChatEndpoint
from messaging.adapters.sockets.process import ChatProcess, refuse_path
from messaging.wiring import start_node, stop_node

process = ChatProcess(start_node, stop_node)

application = ProtocolTypeRouter(
    {
        "websocket": URLRouter(
            [
                # Channels routes ASGI applications by Django's paths, which are typed for views.
                path("ws/chat/", ChatEndpoint(process.node)),  # type: ignore[arg-type]
                re_path(r"", refuse_path),  # type: ignore[arg-type]
            ]
        ),
        "http": process.http,
        "lifespan": process.lifespan,
    }
)
