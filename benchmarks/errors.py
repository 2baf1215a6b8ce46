"""What can go wrong in a benchmark run; it must not know which server is measured."""


class BenchmarkError(Exception):
    """A figure cannot be taken."""


class ServerStartError(BenchmarkError):
    """A server under test did not start: missing, or ended at once."""


class HandshakeError(BenchmarkError):
    """A server answered a client's first bytes with something else than its protocol says."""
