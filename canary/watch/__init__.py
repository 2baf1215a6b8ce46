"""What the host itself sees of how services end: systemd's word on its units, and processes that are gone; it judges nothing."""
