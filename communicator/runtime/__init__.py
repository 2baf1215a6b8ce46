"""What every daemon needs: settings, logs, signals, readiness; it knows no router, and whoever names a part loads that alone."""
