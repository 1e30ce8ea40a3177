"""Stories told through the installed command: what a user types, sees and finds on disk."""
