"""``treadle`` on the command line: `main` reads arguments, each command has a file of its own."""
