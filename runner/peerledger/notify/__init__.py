"""Delivering the outbox: texts, transports, and the loop that brings them together."""
