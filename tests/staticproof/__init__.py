"""The evidence for staticproof: every failure planted into a generated site, and silence on healthy ones."""
