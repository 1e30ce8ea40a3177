"""Versions: reading them, ordering releases, and choosing one commit for each pack."""
