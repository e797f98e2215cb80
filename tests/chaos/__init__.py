"""`make chaos`: the whole system, real processes and real clients, while everything fails that can.

world.py     what there is: a server of its own, a portal and a receiver of messages, the wires to the server
runners.py   the runner's processes, started again when they end, as a host does
clients.py   who registers activities and changes statuses, and remembers what was acknowledged
faults.py    what goes wrong, one function each
recovery.py  then the weather is good, and everything comes to rest
audit.py     what must be so: nothing lost, stale, stuck or doubled, and all of it on record
"""
