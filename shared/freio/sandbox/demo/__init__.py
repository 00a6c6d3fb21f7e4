"""The demo: a month of a made-up client's AI spend, through the real functions, with stand-ins for the world.

`cast` is who and what there is, `parts` the store, the queue and the bill (`emulated`: those on Google's emulators),
`servers` starts the functions, `stage` puts everything together, `replay` lets time pass, `script` plays the people,
`story` reads back what happened, `run` is the command.

On the emulators the same story, checked alike, takes six days instead of thirty: the runaways come on days closer
together, each at its own time of day and for as long, and some of them at once.
"""
