"""The first pages of the site, and /styles/, which shows its styles to developers."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/home.html")


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/about.html")


class ExampleForm(forms.Form):
    email = forms.EmailField(help_text="A help text.")
    message = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    berth = forms.ChoiceField(choices=[("n", "North"), ("s", "South")])
    boat = forms.ChoiceField(choices=[("s", "Sail"), ("m", "Motor")], widget=forms.RadioSelect)
    papers = forms.FileField(required=False)
    accepted = forms.BooleanField(label="I accept the rules")


def styles(request: HttpRequest) -> HttpResponse:
    form = ExampleForm({"email": "not an address"})
    form.add_error(None, "An error of the whole form.")
    return render(request, "pages/styles.html", {"form": form})
