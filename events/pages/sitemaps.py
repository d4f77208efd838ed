"""What search engines should know: the catalogue and every event that guests may read."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet

from events.models import Event
from events.pages.presentation import url_of
from events.selectors.catalogue import list_public_addresses

# A sitemap may name 50,000 addresses (sitemaps.org); small ones are answered quickly.
PAGE = 5000


class OwnSite(Sitemap):
    """Addresses below PUBLIC_URL, whatever host a request came to."""

    limit = PAGE

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.PUBLIC_URL).netloc

    def get_urls(self, page: int | str = 1, site: Any = None, protocol: str | None = None) -> list[dict[str, Any]]:
        return super().get_urls(page, site, urlsplit(settings.PUBLIC_URL).scheme)


class CatalogueSitemap(OwnSite):
    def items(self) -> list[str]:
        return ["/"]

    def location(self, item: str) -> str:
        return item


class EventsSitemap(OwnSite):
    def items(self) -> QuerySet[Event]:
        return list_public_addresses()

    def location(self, item: Event) -> str:
        return url_of(item)


SITEMAPS: dict[str, type[Sitemap] | Sitemap] = {"catalogue": CatalogueSitemap, "events": EventsSitemap}
