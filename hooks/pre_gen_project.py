"""The last look at the answers before the site's files are written: all faults at once, then exit 1.

The extension has looked already, when there was no folder yet; this holds even if it was left out. The rules are in
answers.py, and what they found comes in as data: a hook cannot import from the template.
"""

import json
import sys

FAULTS: list[str] = json.loads(r"""{{ cookiecutter | faults | tojson }}""")

if FAULTS:
    print("Error: these answers cannot be used.", file=sys.stderr)
    for fault in FAULTS:
        print(f"  {fault}", file=sys.stderr)
    # Cookiecutter writes a report of its own under this; the blank line keeps the two apart.
    print(file=sys.stderr)
    sys.exit(1)
