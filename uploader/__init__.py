"""From sealed to acknowledged: stores, receipts, and the queue. Imports evidence, and nothing else of ours."""
