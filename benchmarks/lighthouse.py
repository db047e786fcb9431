"""Print Lighthouse's scores of the pages of a fresh site in production: `uv run benchmarks/lighthouse.py`.

A new site is generated and started by its Procfile behind HTTPS. Lighthouse (from npm) visits it with the Chromium of
this machine, as a telephone and as a desktop. Below the table are the audits that keep a score under 100. Lighthouse
measures time: run it on a machine that does nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from browser.fixtures import FLAGS
from browser.tls import certificate, https
from conftest import PRODUCTION, Site, copy_template, generate
from servers import procfile

LIGHTHOUSE = "lighthouse@13"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PAGES = ("/", "/about/", "/accounts/login/", "/accounts/password_reset/", "/accounts/password_change/")
SIGN_IN = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
user = get_user_model().objects.create_user("ada")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print(session.session_key)
"""
DEVICES: dict[str, list[str]] = {"mobile": [], "desktop": ["--preset=desktop"]}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        copy_template(Path(folder) / "template")
        generated = generate(Path(folder) / "site", template=Path(folder) / "template")
        site = Site(Path(folder) / "site" / "my-site", generated.stdout + generated.stderr)
        if not site.path.is_dir():
            sys.exit(site.output)
        migrated = site.manage("migrate", "--verbosity", "0", cwd=site.path, **PRODUCTION)
        if migrated.returncode:
            sys.exit(migrated.stderr)
        signed_in = site.manage("shell", "--no-imports", "-c", SIGN_IN, cwd=site.path, **PRODUCTION)
        cookie = json.dumps({"Cookie": f"__Host-sessionid={signed_in.stdout.strip()}"})
        tls, key = certificate()
        with procfile(site, Path(folder) / "web.log", **PRODUCTION) as (port, _), https(port, tls) as front:
            reports = {
                (page, device): lighthouse(
                    front.origin + page,
                    [*options, f"--extra-headers={cookie}"] if page.endswith("/password_change/") else options,
                    key,
                )
                for page in PAGES
                for device, options in DEVICES.items()
            }
    print("| page | device | " + " | ".join(CATEGORIES) + " |")
    print("|---|---|" + "---|" * len(CATEGORIES))
    for (page, device), report in reports.items():
        scores = (f"{report['categories'][name]['score'] * 100:.0f}" for name in CATEGORIES)
        print(f"| {page} | {device} | " + " | ".join(scores) + " |")
    for (page, device), report in reports.items():
        for audit in failed(report):
            print(f"{page} {device}: {audit['title']} {audit.get('displayValue', '')}")
    return 0


def lighthouse(url: str, options: list[str], key: str) -> dict[str, Any]:
    """Return Lighthouse's report on a page; ``key`` is the hash of the key of its certificate."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    flags = " ".join(["--headless", *FLAGS, f"--ignore-certificate-errors-spki-list={key}"])
    done = subprocess.run(
        ["npx", "--yes", LIGHTHOUSE, url, "--output=json", "--quiet", f"--chrome-flags={flags}", *options],
        env={**os.environ, "CHROME_PATH": str(chromium)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def failed(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the audits that lower a score."""
    weighed = {
        reference["id"]
        for name in CATEGORIES
        for reference in report["categories"][name]["auditRefs"]
        if reference["weight"]
    }
    judged = (audit for name, audit in report["audits"].items() if name in weighed and audit["score"] is not None)
    return [audit for audit in judged if audit["score"] < 1]


if __name__ == "__main__":
    sys.exit(main())
