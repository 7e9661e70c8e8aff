"""Agreements: the clause library, the standard agreements, the conventions and their signature."""
