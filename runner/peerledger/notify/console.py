"""Prints messages instead of sending them: the default, for a first look."""

from typing import Self

import rich.console

from peerledger.notify.messages import Attempt, Message
from peerledger.notify.texts import Text


class Console:
    name = "console"

    def __init__(self, out: rich.console.Console | None = None) -> None:
        self._out = out or rich.console.Console(highlight=False, soft_wrap=True, markup=False)

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
