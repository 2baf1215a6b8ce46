"""The definitions the suite ships, one ``COMMAND.conf`` each and ``global.conf``, and what brings them and those of others in."""

from communicator.definitions.loading import load_catalogue, packaged_files, read_directory

__all__ = ["load_catalogue", "packaged_files", "read_directory"]
