"""One small file of data per AI tool."""
