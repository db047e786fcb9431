"""What makes `collectstatic` quick: compressed contents and the last run are remembered. Needs no parsers."""
