"""The municipality's debtor ledger, over SF1590."""
