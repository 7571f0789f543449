"""Promises kept later: put in the caller's transaction, delivered by any worker; and tasks that run by the clock."""
