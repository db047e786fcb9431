"""Collecting and serving: what only the collected files and the running site can tell."""
