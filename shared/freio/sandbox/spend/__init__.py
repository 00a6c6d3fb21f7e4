"""Spend that replays: demand from a fitted profile or a real usage file, priced, and billed as Google bills.

In the order the data flows: ``fitting`` and ``profile`` say what real usage looks like; ``generator`` and
``usage_file`` make demand; ``incidents`` lays runaways on it; ``world`` gives out each five-minute step and takes
back what was served; ``prices``, ``billing_rows``, ``lag`` and ``billing_export`` turn that into late export rows.
"""
