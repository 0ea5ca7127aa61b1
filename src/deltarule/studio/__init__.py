"""The studio: a local web app over run folders, for this machine's own user and nobody else.

A run of the studio is a run folder, made by what `deltarule train` calls; nothing of the maths is written here.
"""
