"""Tests of `agentsync.planning`."""
