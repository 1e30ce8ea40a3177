"""Tests of `agentsync.git`."""
