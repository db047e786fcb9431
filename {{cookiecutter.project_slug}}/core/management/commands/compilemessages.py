"""`manage.py compilemessages`, without the catalogues of the packages in .venv."""

from typing import Any

from django.core.management.commands.compilemessages import Command as DjangoCommand


class Command(DjangoCommand):
    def handle(self, **options: Any) -> None:
        super().handle(**options | {"ignore_patterns": [*options["ignore_patterns"], ".*"]})
