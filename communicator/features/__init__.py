"""Feature flags as services see them: documents, evaluation and what is stale (PURE), and a store that follows the canary."""
