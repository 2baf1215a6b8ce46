"""What the router does with messages addressed to itself, one module per subject, all in one table (table.py)."""
