"""The failure that a command ends with."""


class LaunchError(Exception):
    """Something that the person at the terminal can act on; the message is the whole output, without a traceback."""
