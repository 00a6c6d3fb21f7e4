"""The detector: sixteen kinds of evidence, a pooled model of PyOD's over them, and what to call the trouble.

Read in this order: `windows` and `level` (what is measured), `highs`, `rhythm` and `evidence` (how it is judged),
`engine` and `today` (the hours of series of one age, past and present), `client` (series of any age), `pool` (PyOD),
`calibration` (the budget of alerts), `kinds` and `said` (its name, and what is told), `day` (what is kept from look to
look), `adapter` (the port); `paces` is the other port's.
"""
