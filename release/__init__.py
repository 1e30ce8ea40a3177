"""What is published: built the same, byte for byte, wherever it is built."""
