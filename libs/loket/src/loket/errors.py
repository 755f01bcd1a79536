"""The error that a person sees: one sentence, what went wrong and what to do about it."""


class LoketError(Exception):
    """Its text is shown as it is, without a traceback, and the command ends with status 1."""
