"""HTTP in, HTTP out: a guard on the first line, one service, one page."""
