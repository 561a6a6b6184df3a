"""feedback: asks citizens how it went, once each, and says how they rated."""
