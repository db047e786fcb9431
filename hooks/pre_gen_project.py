"""Check the answers again before the site's files are written: a replay file does not pass cookiecutter.json's check.

The rules are in local_extensions.py. The faults come in as data, because a hook cannot import from the template.
"""

import json
import sys

FAULTS: list[str] = json.loads(r"""{{ cookiecutter | faults | tojson }}""")

if FAULTS:
    print("Error: these answers cannot be used.", *FAULTS, sep="\n  ", file=sys.stderr)
    # Cookiecutter writes its own lines below; the blank line separates them.
    print(file=sys.stderr)
    sys.exit(1)
