"""Prints messages instead of sending them: the default, for a first look."""

from typing import Self

from peerledger.notify.messages import Attempt, Message
from peerledger.notify.texts import Text
from peerledger.screen import Console as Screen


class Console:
    name = "console"

    def __init__(self, out: Screen | None = None) -> None:
        self._out = out or Screen(highlight=False, soft_wrap=True, markup=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *details: object) -> None:
        pass

    async def send(self, message: Message, text: Text) -> list[Attempt]:
        recipient = (
            f"user {message.recipient_user_id}"
            if message.recipient_user_id
            else f"mentor {message.recipient_mentor_id}"
        )
        self._out.print(f"{message.kind} to {recipient}: {text.title}. {text.body}")
        return [Attempt()]
