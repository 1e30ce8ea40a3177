"""Tests of `agentsync.rendering`."""
