"""Texts to nouns and back: manifest, lock, policy, receipt, intent, YAML, JSON, and edits that keep comments."""
