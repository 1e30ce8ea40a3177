"""The tests, and the kit they are written with: real git repositories, a sandbox, transcripts."""
