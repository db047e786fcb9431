"""The URLs of the first pages, and of the files that clients expect at the root of a host."""

from django.conf import settings
from django.contrib.sitemaps.views import sitemap
from django.urls import path

from pages import root_files, views
from pages.sitemaps import PagesSitemap

app_name = "pages"
urlpatterns = [
    path("", views.home, name="home"),
    path("about/", views.about, name="about"),
    path("favicon.ico", root_files.favicon, name="favicon"),
    path("robots.txt", root_files.robots, name="robots"),
    path("site.webmanifest", root_files.webmanifest, name="webmanifest"),
    path("sitemap.xml", sitemap, {"sitemaps": {"pages": PagesSitemap}}, name="sitemap"),
    path(".well-known/security.txt", root_files.security, name="security"),
]
if settings.DEBUG:
    urlpatterns += [path("styles/", views.styles, name="styles")]
