"""The rules for authors."""
