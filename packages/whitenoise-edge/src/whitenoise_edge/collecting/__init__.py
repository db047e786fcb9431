"""The incremental `collectstatic`: it remembers compressed contents and what the last run did."""
