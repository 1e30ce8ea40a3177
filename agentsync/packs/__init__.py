"""The contents of a pack: headers, discovery, inspection, hidden text, grants."""
