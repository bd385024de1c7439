"""Followers of the changelog: they draw the views, keep their position, rebuild, audit."""
