"""What the receiver counts."""

from prometheus_client import Counter

ANSWERS = Counter(
    "devstack_webhook_answers_total", "Webhook deliveries by the status they were answered with.", ["status"]
)
STATUSES = (200, 202, 400, 401, 413, 415, 503)
BY_STATUS = {status: ANSWERS.labels(status) for status in STATUSES}
