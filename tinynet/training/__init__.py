"""Training: what fit does, epoch by epoch.

Come in to follow the loop, or to add a callback, a metric or a plot.
"""
