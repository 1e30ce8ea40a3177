"""What runs agentsync elsewhere: the action of GitHub, the templates of GitLab, pre-commit, Renovate, editors."""
