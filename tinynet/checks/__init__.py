"""Checks: what users are told when something does not fit.

Come in to improve a message or to add a check; nothing else is here.
"""
