"""The five classic mistakes with static files, in the project of `conftest.py`: rule, file, text, replacement."""

from __future__ import annotations

HOME = "blog/templates/blog/home.html"
MISTAKES = {
    "forgotten load": ("E001", HOME, "{% load static %}\n", ""),
    "wrong case": ("E005", HOME, "dot.svg", "Dot.svg"),
    "hard-coded URL": ("E021", HOME, "{% static 'blog/imgs/dot.svg' %}", "/static/blog/imgs/dot.svg"),
    "CSS url() to nowhere": ("E041", "static/css/site.css", "paper.svg", "nowhere.svg"),
    "missing file": ("E004", "templates/base.html", "css/site.css", "css/new.css"),
}
