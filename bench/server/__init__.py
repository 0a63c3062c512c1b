"""Calls per CPU second of a server: ours, with everything on, against the official skeleton and its peers."""
