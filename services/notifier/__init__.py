"""notifier: tells citizens, once each, and says what became of it."""
