"""The exchange with translation agencies: XLIFF 2.0 (OASIS Standard)."""
