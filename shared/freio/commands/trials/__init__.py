"""The experiments that a client's engineer can run, by what they are about."""
