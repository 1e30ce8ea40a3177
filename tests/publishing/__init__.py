"""Publishing: what is decided without a repository."""
