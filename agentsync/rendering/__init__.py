"""Renderings of an item's source for the AI tools that do not read it as it is. Pure: no environment, no clock."""
