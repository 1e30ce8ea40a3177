"""Fleets: many repositories of every standing, and the servers that they are asked from."""
