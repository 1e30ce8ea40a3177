"""The place where git is: the only folder that runs it."""
