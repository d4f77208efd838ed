from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications.event_types.registry import discover

        discover()
        # The mail services' reports come as a signal of anymail's own views.
        from notifications import mail_reports  # noqa: F401
