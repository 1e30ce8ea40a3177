"""Other systems, imitated on Linux: file systems with their manners, and Pythons that lack what theirs lack."""
