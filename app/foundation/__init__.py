"""The ground floor: database, money, CPR, keys, clock, outgoing HTTP, logs. Knows nothing of payments."""
