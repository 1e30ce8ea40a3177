"""Thinking about files: what is wanted, how it stands, what to do."""
