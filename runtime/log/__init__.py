"""The log port: Kafka by FastStream and aiokafka, or its twin in memory."""

from runtime.log.port import Handled, Lease, Log, Offsets, Partition, Record, TooLargeError, Wire

__all__ = ["Handled", "Lease", "Log", "Offsets", "Partition", "Record", "TooLargeError", "Wire"]
