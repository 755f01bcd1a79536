"""Epochs of a store: a store that was restored numbers its events anew, above all that it may have used before.

The epoch stands in the upper digits of `sequence`, so that whoever drops repeats by it needs to know nothing of epochs.
"""

from dataclasses import dataclass

NUMBERS = 10**12  # sequences of one epoch


@dataclass
class Epoch:
    """The epoch of the store that a process works on; 1 is that of a store that was never recovered."""

    number: int = 1

    @property
    def base(self) -> int:
        """What every sequence of this epoch is above."""
        return (self.number - 1) * NUMBERS


def epoch_of(sequence: int) -> int:
    """The epoch that a sequence was given in."""
    return (sequence - 1) // NUMBERS + 1
