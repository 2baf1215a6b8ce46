"""The HTTP side of the exporter: who may ask, and what is answered; it knows no router and not what a metric means."""
