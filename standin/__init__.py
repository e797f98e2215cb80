"""A local stand-in for Entra and Dataverse, over HTTPS with its own authority. For the demo and the tests."""

from standin.faults import Fault
from standin.journal import Request
from standin.server import StandIn

__all__ = ["Fault", "Request", "StandIn"]
