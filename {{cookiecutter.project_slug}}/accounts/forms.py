"""Forms for users."""

from typing import Any

from django.contrib.auth import forms


class UserCreationForm(forms.AdminUserCreationForm):
    """The admin's form for a new user without ``autofocus``, which the admin's script sets already."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("autofocus", None)  # a second focus makes browsers log a warning
