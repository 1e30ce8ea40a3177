"""Tests of `agentsync.packs`."""
