"""``python -m exporters``: the same as `bellwether-exporter`."""

from exporters.main import main

main()
