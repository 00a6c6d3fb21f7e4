"""LiteLLM's proxy, through its admin API: what its teams and keys may use, and what they used."""
