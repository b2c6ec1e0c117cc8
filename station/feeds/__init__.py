"""Feeds: dispatch records and rosters from a CSV drop folder, an HTTP JSON source or a SQL view of somebody else's.

``mapping`` says which column is what, ``delimited`` ``web`` and ``folder`` fetch deliveries, ``bringing`` writes them: whole or not at all.
Rules they keep: what comes from outside is bounded and ``untrusted_*`` until the mapping made a value of it; a delivery that is refused
changes nothing and says which row, which column and which rule; the same delivery again changes nothing.
"""
