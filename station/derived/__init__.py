"""What is made from footage for viewing: proxies, strips, waveforms, stills, cuts, working copies, redacted copies. None is evidence."""
