"""The doors of HTTP, cut by who comes in: citizen, staff, operations, hooks."""
