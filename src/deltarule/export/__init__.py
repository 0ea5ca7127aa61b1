"""A whole model in another language: Python, C, a spreadsheet, LaTeX.

Its floor is just above `model`, so that runs, estimators and the command share it.
"""
