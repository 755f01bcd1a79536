"""What staff and ops decide about letters of which nobody knows, or whose next step will never run."""

from common.errors import Conflict, NotFound
from common.given_up import StepGivenUp
from notifications.domain import MarkSent, Message, SendAgain, State
from notifications.handlers.telling import why_not
from notifications.ports import Ports


async def send_again(command: SendAgain, ports: Ports) -> Message:
    """Staff take it on themselves that a message may arrive twice."""
    message = await ports.messages.get(command.message_id)
    if message is None:
        raise NotFound("There is no such message.")
    if message.state not in {State.UNKNOWN, State.FAILED}:
        raise Conflict(f"A message that is {message.state.value} is not sent again.")
    if reason := await why_not(message, await ports.contacts.get(message.party_id), ports):
        raise Conflict(f"The message is not worth sending any more: {reason}.")
    message.decision = command.reason_code
    return message.claim(ports.policy, ports.clock.now())


async def mark_sent(command: MarkSent, ports: Ports) -> Message:
    """Staff have heard that a message has arrived."""
    message = await ports.messages.get(command.message_id)
    if message is None:
        raise NotFound("There is no such message.")
    if message.state is not State.UNKNOWN:
        raise Conflict(f"A message that is {message.state.value} is not marked as sent.")
    return message.mark_sent(command.reason_code, ports.clock.now())


async def note_given_up(given_up: StepGivenUp, ports: Ports) -> Message | None:
    """A letter whose next step will never run has failed."""
    message = await ports.messages.get(given_up.id) if given_up.collection == Message.collection else None
    if message is None or message.state not in {State.REQUESTED, State.SENDING}:
        return None
    return message.fail("step_given_up", ports.clock.now())
