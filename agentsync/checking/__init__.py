"""What is wrong with a pack or a registry before it is published, by rules that are data."""
