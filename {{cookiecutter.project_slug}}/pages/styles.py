"""The page /styles/, in development only: the elements of Django and HTML as the site's stylesheet shows them."""

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

TEXT = "The first paragraph, from plain text.\n\nThe second paragraph,\nwith a line break."


class ExampleForm(forms.Form):
    name = forms.CharField(help_text="A help text.")
    email = forms.EmailField()
    message = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    berth = forms.ChoiceField(choices=[("n", "North"), ("s", "South")])
    boat = forms.ChoiceField(choices=[("s", "Sail"), ("m", "Motor")], widget=forms.RadioSelect)
    papers = forms.FileField(required=False)
    accepted = forms.BooleanField(label="I accept the rules")


def styles(request: HttpRequest) -> HttpResponse:
    form = ExampleForm({"name": "Ada", "email": "not an address"})
    form.add_error(None, "An error of the whole form.")
    page = Paginator(range(90), 10).get_page(5)
    return render(request, "pages/styles.html", {"form": form, "page": page, "text": TEXT})
