"""What people change by hand: intentions, and the steward's claims that come of them.

Pure, but for `write`: from an intention and the claims that stand, to what the steward says and denies from now on.
"""
