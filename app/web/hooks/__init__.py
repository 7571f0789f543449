"""The door for other systems: each message authenticates itself."""
