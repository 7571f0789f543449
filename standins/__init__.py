"""The world outside, for demonstrations and tests: each speaks only its wire and knows nothing of the portal."""
