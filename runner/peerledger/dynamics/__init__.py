"""Dynamics 365 (Dataverse), where the public website reads who is listed."""
