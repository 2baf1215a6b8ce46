"""How a daemon ends, in the numbers of sysexits.h; the units under deploy/ rely on them."""

EX_OK = 0
EX_FAILURE = 1
"""It could not start or died of our own mistake: a restart may help."""
EX_TEMPFAIL = 75
"""It was asked to restart: the init system starts it again."""
EX_CONFIG = 78
"""A setting is wrong: no restart will help until somebody changes it."""
