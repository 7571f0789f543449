"""Money from the citizen: checkout, settlement and what the provider says."""
