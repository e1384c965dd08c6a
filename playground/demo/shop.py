"""Names of the shop in the story."""

STOREFRONT = "shop/storefront"
ORDERS = "shop/orders"
HEADER = "uber-ctx-key"
BASE_HOST, ORDERS_HOST = "example.com", "example2.com"
OWN = ("orders-feature1", "order-events-feature1", "orders_feature1")  # queue and Kafka topic, SNS topic, database
