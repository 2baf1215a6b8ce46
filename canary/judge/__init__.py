"""PURE: from what happened to verdicts: the state as a fold over the ledger, and what the rules make of it."""
