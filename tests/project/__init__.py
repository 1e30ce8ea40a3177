"""Tests of `agentsync.project`."""
