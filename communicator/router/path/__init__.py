"""PURE: the way of lines through the router: a chunk that one link has sent, to the links that get it, most of it unread."""
