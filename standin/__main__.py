"""`python -m standin`: runs it until Ctrl-C and prints the settings that lead to it."""

import shlex
import signal

from standin.server import StandIn


def main() -> None:
    with StandIn() as standin:
        for name, value in standin.settings().items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
