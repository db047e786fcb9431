"""Every failure of the catalogue, planted into a generated site, and what four tools find: `measure.py`."""
