"""Thinking about words: returns text or data, never prints."""
