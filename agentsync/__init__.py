"""agentsync: the package manager for the files that steer AI coding tools.

The whole flow, as every command sees it:

    agentsync.yaml  --read-->  Manifest        what a person asks for
    Manifest        --resolve-->  Lock         what was decided: commits and digests
    Lock            --wanted-->  files         what should be on disk, from the blobs of git
    files           --compare-->  Plan         how each file stands, and what to do about it
    Plan            --apply-->  Receipt        what we last wrote on this machine

Nouns are data (`model`), -ing is thinking (`reading`, `resolving`, `planning`, `reporting`),
places touch the world (`store`, `disk`), commands are verbs (`commands`).
"""

__version__ = "0.1.0"
