"""Proof that every static reference of a Django site resolves and is served."""
