"""Many repositories: the list, the looks, the results."""
