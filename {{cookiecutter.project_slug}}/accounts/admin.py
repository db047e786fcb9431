from django.contrib import admin
from django.contrib.auth import admin as auth_admin

from accounts.forms import UserCreationForm
from accounts.models import User


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin):
    add_form = UserCreationForm
    filter_horizontal = ()  # plain lists: screen readers do not name the two lists of the default widget
