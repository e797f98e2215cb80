"""A local stand-in for Entra and Dataverse, over HTTPS with its own authority. For the demo and the tests."""

from runner.standin.faults import Fault
from runner.standin.journal import Request
from runner.standin.server import StandIn

__all__ = ["Fault", "Request", "StandIn"]
