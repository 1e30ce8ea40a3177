"""Tests of `agentsync.registries`."""
