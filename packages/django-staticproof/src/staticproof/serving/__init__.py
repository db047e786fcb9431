"""Collect and serve the site, and check the collected files and the responses."""
