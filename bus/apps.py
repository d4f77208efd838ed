from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class BusConfig(AppConfig):
    name = "bus"

    def ready(self) -> None:
        # Facts and subscriptions register themselves where they are written.
        autodiscover_modules("domain_events")
        autodiscover_modules("handlers")
