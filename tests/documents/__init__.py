"""Tests of `agentsync.documents`."""
