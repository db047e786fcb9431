from typing import Any

from django.contrib.auth import views
from django.http import HttpResponse

from core.context_processors import website


class PasswordResetView(views.PasswordResetView):
    """Django's view with a mail as text and HTML. Its links name the site's domain, not the request's."""

    email_template_name = "registration/password_reset_email.txt"
    html_email_template_name = "registration/password_reset_email.html"

    def form_valid(self, form: Any) -> HttpResponse:
        self.extra_email_context = website(self.request)
        return super().form_valid(form)
