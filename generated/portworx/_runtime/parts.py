"""Unknown fields of a message that comes in many parts: a module of its own, since mypyc compiles no subclass of bytes."""


class Parts(bytes):
    """Bytes that know from how many parts they were joined."""

    number = 2
