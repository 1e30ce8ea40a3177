"""Many repositories at a glance: looked at by commit, without a clone, and remembered."""
