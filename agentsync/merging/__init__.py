"""Merging: texts, headers, word lists, kept edits, and locks."""
