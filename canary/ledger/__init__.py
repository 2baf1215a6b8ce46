"""SHELL: the ledger: all that the canary heard and decided, in order and durable; it judges nothing."""
