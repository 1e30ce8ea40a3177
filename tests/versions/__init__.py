"""Tests of `agentsync.versions`."""
