"""What `action.yml` runs: agentsync in each folder, the comment on a pull request, the branch of an update.

It needs nothing but Python, and speaks with agentsync by its command line alone: `version` may name another one.
"""
