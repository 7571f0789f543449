"""Each municipality's own facts: contacts, sources, agreements, claim types and their explanations."""
