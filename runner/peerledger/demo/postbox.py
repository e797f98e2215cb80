"""Where the demo's messages go."""

from collections import Counter
from typing import Self

from peerledger.notify.messages import Attempt, Message
from peerledger.notify.texts import Text


class Postbox:
    """Whatever is sent arrives. Instead of a thousand lines: how many of each kind, and the first of them."""

    name = "console"

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.first: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *details: object) -> None:
        pass

    async def send(self, message: Message, text: Text) -> list[Attempt]:
        self.counts[message.kind] += 1
        self.first.setdefault(message.kind, text.title)
        return [Attempt()]
