"""The address book: which routers there are, where each is, whom to dial and when; it opens nothing and sends nothing."""
