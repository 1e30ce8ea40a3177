"""Tests of `agentsync.merging`."""
