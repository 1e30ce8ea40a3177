"""The only room that asks which system this is: files, processes, and what they may be trusted with."""
