"""Plays scripts of the reporter language: the other side of a conversation, for a test; knows neither router nor client."""
