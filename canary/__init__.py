"""Which versions are known bad? So far it only counts runs: it judges no version, and blocks nothing."""
