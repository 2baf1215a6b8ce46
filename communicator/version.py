"""The version of the whole suite; it knows nothing else, so that anything may import it."""

__version__ = "0.1.0"
