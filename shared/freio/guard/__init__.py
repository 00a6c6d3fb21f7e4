"""Online: from spend to a brake and back.

Files in the order the data flows:
telemetry, estimate, meter (what is spent), detect, places, propose, decide (signals become one incident), respond
(people), enforce (timers and brakes), prove, restore, alert (what is owed to people). `step` gathers what one step
writes; `watch`, `budget` and `sweep` are what the functions call.
"""
