"""The place where the user's files are."""
