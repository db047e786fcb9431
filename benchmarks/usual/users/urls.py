# mypy: ignore-errors
"""The profile of a user."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.urls import path
from django.views.generic import DetailView

from usual.users.models import User


class UserDetailView(LoginRequiredMixin, DetailView):
    model = User
    slug_field = slug_url_kwarg = "username"


app_name = "users"
urlpatterns = [path("<str:username>/", UserDetailView.as_view(), name="detail")]
