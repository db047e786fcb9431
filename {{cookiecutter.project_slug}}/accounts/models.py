"""The site's own user model. It exists from the first migration on, because it is hard to add later."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Django's user. Add fields here, then run `manage.py makemigrations`."""
