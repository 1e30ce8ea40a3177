"""Tests of `agentsync.disk`."""
