"""Programs that measure; nothing here judges, because machines differ."""
