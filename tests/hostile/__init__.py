"""Hostile repositories, projects and environments: what each must come to."""
