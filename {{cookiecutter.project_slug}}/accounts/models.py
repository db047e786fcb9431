"""The site's own user model: there from the first migration, because it is hard to change later."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Django's user. Add fields here, then run `manage.py makemigrations`."""
