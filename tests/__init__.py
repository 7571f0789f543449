"""Tests; the folders mirror app/ path for path."""
