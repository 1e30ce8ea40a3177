"""Tests of `agentsync.platform`."""
