"""The demonstration network, built on the facts of the five documents the product comes from.

Everything goes through the commands that people use; only the head of the network, which nobody can
invite, is written directly. People's names and dates are made up.
"""
