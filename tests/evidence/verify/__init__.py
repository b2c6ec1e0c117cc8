"""The verifier against homes made from the format alone, whole ones and ones with a planted fault."""
