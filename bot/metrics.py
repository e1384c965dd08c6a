"""What the receiver counts."""

from prometheus_client import Counter

ANSWERS = Counter(
    "devstack_webhook_answers_total", "Webhook deliveries by the status they were answered with.", ["status"]
)
