"""Editors of documents by byte spans, on the text: JSON with comments, TOML, and sections between markers.

The room knows nothing of agentsync. Whatever is outside the span of an edit stays as it is, byte for byte.
"""
