"""Measures our router beside other message servers with one load generator; it knows no router internals, only wire forms."""
