"""The usual layout: what the well-known templates generate, around the same pages as ours."""
