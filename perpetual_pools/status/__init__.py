"""The state of all markets and of the farm in one request, and the alarms that somebody should act on.

`reader` asks the chain and returns a `reading`; `alarms` and `yields` are computed from it; `report` turns it into JSON and
`view` into tables; `watch` repeats.
"""
