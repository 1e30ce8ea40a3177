"""The nouns: frozen data without input or output."""
