"""Reconciliation: provider, journal, ledger and source of one municipality and Danish day, side by side.

The outside's two statements are copied into one table, a line each, and PostgreSQL compares them with what is booked
here. Whatever differs is a task of a kind that begins with `difference.`; running again gives the same.
"""
