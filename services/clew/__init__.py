"""Clew: an event-driven metadata graph for data and AI."""

__version__ = "0.1.0"
