"""What a backup holds, how it is made, proved and brought back. ``docs/backup.md`` says how to use it."""
