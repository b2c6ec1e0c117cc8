"""The custody log: entries, their Merkle tree (RFC 6962) and its signed heads (C2SP tlog-checkpoint). Values only."""
