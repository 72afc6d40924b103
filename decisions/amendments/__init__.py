"""Another file version made of a what-if that turned out to be true."""
