"""What the bus tells Prometheus."""

from prometheus_client import Counter

FACTS_RELAYED = Counter("bus_facts_relayed_total", "Facts read from the outbox.", ["reader"])
MESSAGES_CONSUMED = Counter("bus_messages_consumed_total", "Kafka messages worked on.", ["consumer"])
MESSAGES_DEAD = Counter("bus_messages_dead_total", "Kafka messages moved to a dead-letter topic.", ["consumer"])
