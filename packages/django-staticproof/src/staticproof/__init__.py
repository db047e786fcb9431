"""Prove that every static file reference of a Django site resolves and is served."""
