"""Tests of `agentsync.formats`."""
