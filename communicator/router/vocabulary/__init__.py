"""PURE: what all rooms of the router speak of: links, events, effects, envelopes, records, and who may say what."""
