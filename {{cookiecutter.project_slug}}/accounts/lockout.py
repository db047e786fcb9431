"""The limits of failed sign-ins, counted by django-axes in the database."""

from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_failure_limit
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Limit one network with many names, in addition to the pair of name and network (AXES_LOCKOUT_PARAMETERS).

    django-axes compares one number with AXES_FAILURE_LIMIT, so the failures of the network are scaled to that limit.
    """

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        of_pair: int = super().get_failures(request, credentials)
        recent = AccessAttempt.objects.filter(
            ip_address=request.axes_ip_address,  # type: ignore[attr-defined]
            attempt_time__gte=get_cool_off_threshold(request),
        )
        of_network = recent.aggregate(total=Sum("failures_since_start"))["total"] or 0
        limit: int = get_failure_limit(request, credentials)
        return max(of_pair, of_network * limit // settings.FAILED_SIGN_INS_PER_NETWORK)
