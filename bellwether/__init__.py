"""The one command people type; nothing imports it."""
