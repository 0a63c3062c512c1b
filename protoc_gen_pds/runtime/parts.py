"""Bytes that know more than their content: a module of its own, since mypyc compiles no subclass of bytes."""


class Parts(bytes):
    """Unknown fields of a message that comes in many parts; they know from how many they were joined."""

    number = 2


class Grouped(bytes):
    """Fields of a group with groups in groups, and where those end: as :func:`.wire.group_end` notes it."""

    ends: dict[int, tuple[int, int]]
