"""Thinking about versions."""
