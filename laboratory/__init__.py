"""A laboratory of clocks: hosts with real daemons and a clock each whose truth is known, on a network that does as it is told."""
