"""The pages that search engines are told of."""

from django.contrib.sitemaps import Sitemap
from django.urls import reverse


class PagesSitemap(Sitemap):
    """The pages without data. A model with pages of its own gets a sitemap of its own, beside this one."""

    def items(self) -> list[str]:
        return ["pages:home", "pages:about"]

    def location(self, item: str) -> str:
        return reverse(item)
