"""Thinking about the bytes of a pack."""
