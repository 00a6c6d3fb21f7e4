"""The detector: records of eleven statistics, a pooled model of PyOD's over them, and what to call the trouble.

Read in this order: `windows` and `level` (what is measured), `highs` and `evidence` (how it is judged), `engine` (all
hours of all series) and `state` (one hour more), `pool` (PyOD), `kinds` (its name), `adapter` (the port).
"""
