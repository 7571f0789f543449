"""Money on its way back: refunds decided here, made on the provider's pages, or taken by a bank."""
