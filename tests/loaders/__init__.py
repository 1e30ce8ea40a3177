"""The AI tools' own loaders judge what we write: offline, without credentials, in pinned versions."""
