"""A stand-in for a client's LiteLLM proxy: its admin API, its limiter, and the spend logs that it keeps.

It answers as litellm 1.110 does. Whoever has that package hands over a `Contract`, and every request and reply is held
against the real models.
"""
