"""Frozen types and pure rules. Standard library only: nothing here knows a vendor, a clock or a store."""
