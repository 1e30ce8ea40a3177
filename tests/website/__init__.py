"""The documentation as it is published."""
