"""How a service runs: consumer loop, document port, intents, settings, logs, health, metrics. No business word."""
