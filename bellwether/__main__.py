"""``python -m bellwether``: the same as `bellwether`."""

from bellwether.main import main

main()
