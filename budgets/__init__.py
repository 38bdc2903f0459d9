"""Who may spend, and how much: orgs, teams, members, API keys, limits, holds and the ledger."""
