"""The only room that runs git: objects, fetching, the cache, signatures, contributions."""
