"""The door to the citizens' own pages."""
