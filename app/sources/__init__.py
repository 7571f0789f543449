"""Where claims come from, and telling them when a claim is paid."""
