"""In which looks every page is examined."""

LOOKS = [(1440, 900, "light"), (1440, 900, "dark"), (390, 844, "light"), (390, 844, "dark")]
"""Width and height of the window in pixels, and the scheme."""
