"""The place where git is."""
