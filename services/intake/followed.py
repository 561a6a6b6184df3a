"""The topics that intake reads by place, for those who ask what has changed. Apart, because rights on Kafka follow from it."""

TOPICS = ("deadlines.v1", "notices.v1")
