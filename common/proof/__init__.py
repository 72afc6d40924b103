"""Proving a ledger: pure Python without Django, so that an auditor can run it far from the portal."""
