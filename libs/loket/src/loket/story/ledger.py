"""What the story did, submission by submission, and what it therefore expects."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from loket.story.script import Script, Submission


@dataclass
class Line:
    """One submission, the id under which the platform knows it, and what must come of it."""

    submission: Submission
    case_id: UUID
    visits: int
    completed: int
    contacts: int
    messages: Counter[str]
    spared: Counter[str] = field(default_factory=Counter)
    """Of the messages, those that may be left out because another one says the same."""

    def expected_messages(self, sent: Counter[str]) -> Counter[str]:
        """Those that had to go, given what went."""
        return self.messages - ((self.messages - sent) & self.spared)


@dataclass
class Ledger:
    """Everything handed in and everything refused."""

    script: Script
    lines: dict[UUID, Line] = field(default_factory=dict)
    repeated: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)

    def accept(self, submission: Submission, case_id: UUID) -> None:
        """A submission was taken."""
        turn = self.script.turns[submission.turn]
        self.lines[case_id] = Line(submission, case_id, turn.visits, turn.completed, turn.contacts, Counter(turn.messages))

    def replanned(self, case_id: UUID) -> None:
        """A visit fell through with its desk and is planned anew."""
        line = self.lines[case_id]
        line.visits += 1
        line.messages.update(self.script.closed_desk.messages)
        line.spared.update(self.script.closed_desk.spared)

    def figures(self) -> Counter[str]:
        """What the indicators must have counted of all that was taken."""
        expected: Counter[str] = Counter()
        for line in self.lines.values():
            expected.update(self.script.turns[line.submission.turn].figures)
        return expected

    def of_turn(self, turn: str, working_day: int) -> list[Line]:
        """The submissions of one working day that go one way."""
        return [line for line in self.lines.values() if line.submission.turn == turn and line.submission.working_day == working_day]
