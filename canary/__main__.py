"""``python -m canary``: the same as `canaryd`."""

from canary.main import main

main()
