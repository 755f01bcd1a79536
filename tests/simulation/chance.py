"""Everything that is left to chance: a stream for each actor and kind, so that one fault less leaves the others in their places."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Weather:
    """How likely each kind of fault is, per call or per run; a seed has its own."""

    refused: float = 0.0
    lost: float = 0.0
    slow: float = 0.0
    late: float = 0.0
    crashes: int = 0
    stalls: int = 0
    restarts: int = 0
    outages: int = 0
    mail: float = 0.0
    poison: int = 0

    @classmethod
    def of(cls, chance: Random) -> "Weather":
        """One kind of fault alone in a third of the seeds, everything together in the others."""
        storm = cls(
            refused=chance.choice((0.0, 0.01, 0.05, 0.15)),
            lost=chance.choice((0.0, 0.02, 0.06)),
            slow=chance.choice((0.0, 0.01, 0.03)),
            late=chance.choice((0.0, 0.03, 0.1)),
            crashes=chance.randint(0, 6),
            stalls=chance.randint(0, 3),
            restarts=chance.randint(0, 2),
            outages=chance.randint(0, 2),
            mail=chance.choice((0.0, 0.1, 0.3)),
            poison=chance.choice((0, 0, 1, 2)),
        )
        if chance.random() < 2 / 3:
            return storm
        kind = chance.choice(("refused", "lost", "slow", "late", "crashes", "stalls", "restarts", "outages", "mail", "poison"))
        return cls(**{kind: getattr(storm, kind) or getattr(SOME, kind)})


SOME = Weather(refused=0.03, lost=0.05, slow=0.02, late=0.08, crashes=4, stalls=2, restarts=2, outages=2, mail=0.3, poison=1)


class Chance:
    """Draws for one seed; faults have names, so that a run can be repeated without some of them."""

    def __init__(self, seed: int, without: frozenset[str] = frozenset()) -> None:
        self.seed, self._without = seed, without
        self.weather = Weather.of(Random(f"{seed}/weather"))
        self.calm = False
        self.struck: list[str] = []
        self.told: Callable[[str], None] = lambda name: None
        self._streams: dict[str, Random] = {}
        self._counts: dict[str, int] = {}

    def of(self, name: str) -> Random:
        """The stream of that name."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = Random(f"{self.seed}/{name}")
        return stream

    def strikes(self, where: str, likelihood: float) -> bool:
        """Whether a fault of this kind happens here and now; never once it is calm."""
        if self.calm or not likelihood or self.of(where).random() >= likelihood:
            return False
        self._counts[where] = count = self._counts.get(where, 0) + 1
        return self.planned(f"{where}#{count}")

    def planned(self, name: str) -> bool:
        """Whether a fault that was drawn beforehand happens."""
        if self.calm or name in self._without:
            return False
        self.struck.append(name)
        self.told(name)
        return True
