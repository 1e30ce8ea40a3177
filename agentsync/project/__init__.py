"""A project in a session: manifest, lock and receipt, and the one flow from a manifest to installed files."""
