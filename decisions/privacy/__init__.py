"""How long personal data is kept, what holds it, and how it ends."""
