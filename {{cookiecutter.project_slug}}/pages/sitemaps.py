"""The pages that the site lists for search engines."""

from django.contrib.sitemaps import Sitemap
from django.urls import reverse


class PagesSitemap(Sitemap):
    """The pages of this app. Give a model with pages a sitemap of its own."""

    def items(self) -> list[str]:
        return ["pages:home", "pages:about"]

    def location(self, item: str) -> str:
        return reverse(item)
