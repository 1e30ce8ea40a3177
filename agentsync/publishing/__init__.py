"""Publishing: what decides versions, writes changelogs, commits and tags, and starts packs and registries."""
