"""`python -m chaos.wrong_clock SECONDS COMMAND…`: peerledger on a machine whose clock is so many seconds ahead."""

import sys
import time
from datetime import datetime, timedelta, tzinfo
from typing import Self

from peerledger import cli, nightly, worker


def main() -> None:
    ahead = timedelta(seconds=float(sys.argv[1]))
    right = time.time

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + ahead

    # What decides which night it is, and how old a token is.
    for module in (nightly, worker):
        vars(module)["datetime"] = Wrong
    time.time = lambda: right() + ahead.total_seconds()
    del sys.argv[1]
    cli.main()


if __name__ == "__main__":
    main()
