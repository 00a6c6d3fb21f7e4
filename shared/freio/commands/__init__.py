"""The commands of the command line, each a module: its arguments, and what it does."""
