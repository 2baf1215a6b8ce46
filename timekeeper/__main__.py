"""``python -m timekeeper``: the same as `timekeeperd`."""

from timekeeper.main import main

main()
