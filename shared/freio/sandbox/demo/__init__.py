"""The demo: a month of a made-up client's AI spend, through the real functions, with stand-ins for the world.

`cast` is who and what there is, `servers` starts the functions, `stage` puts everything together, `replay` lets time
pass, `script` plays the people, `story` reads back what happened, `run` is the command.
"""
