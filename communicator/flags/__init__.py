"""Flags: files that tell an operator what needs a hand, in the form the sitter reads; who raises one is told elsewhere."""
