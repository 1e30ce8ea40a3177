"""Thinking about files."""
