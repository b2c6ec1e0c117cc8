"""A witness: a small server that cosigns the heads of logs it was told to trust, and never two that contradict each other.

It is no station: it has a home and a key of its own, and knows of a log nothing but its origin, its keys and its newest head.
"""
