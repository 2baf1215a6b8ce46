"""PURE: who goes first where not everybody can: sources, places, waiting lines and delays; it knows no link and no message."""
