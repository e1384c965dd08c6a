"""Resources as a service owner writes them: of every kind a plain one and one with all that it can be told."""

from typing import Any

RESOURCES: dict[str, list[dict[str, Any]]] = {
    "sqs": [
        {"kind": "sqs", "name": "orders", "env": "ORDERS_QUEUE_URL"},
        {
            "kind": "sqs",
            "name": "events",
            "fifo": True,
            "dlq": {"maxReceives": 5},
            "env": "EVENTS",
            "arnEnv": "EVENTS_ARN",
        },
    ],
    "sns": [
        {"kind": "sns", "name": "order-events", "env": "ORDER_EVENTS_ARN"},
        {
            "kind": "sns",
            "name": "news",
            "subscribe": [{"sqs": "orders", "filter": {"type": ["created"]}}],
            "env": "NEWS_ARN",
        },
    ],
    "s3": [
        {"kind": "s3", "name": "acme-uploads", "env": "UPLOADS_BUCKET"},
        {"kind": "s3", "name": "acme-media", "versioning": True, "env": "MEDIA_BUCKET"},
    ],
    "dynamodb": [
        {
            "kind": "dynamodb",
            "name": "orders",
            "like": "orders",
            "items": {"copy": True, "limit": 50},
            "env": "ORDERS_TABLE",
        },
        {"kind": "dynamodb", "name": "carts", "keys": [{"name": "id"}], "ttl": "diesAt", "env": "CARTS_TABLE"},
    ],
    "secretsmanager": [
        {"kind": "secretsmanager", "name": "shop/orders", "from": "shop/orders", "whole": True, "env": "ORDERS_SECRET"},
        {"kind": "secretsmanager", "name": "shop/made", "generate": {"key": {"length": 20}}, "valueEnv": "MADE_SECRET"},
    ],
    "ssm": [
        {"kind": "ssm", "name": "/shop/orders", "from": "/shop/orders", "keys": ["limit"], "env": "ORDERS_PARAMETERS"},
    ],
    "secret": [
        {
            "kind": "secret",
            "from": {"namespace": "shop", "name": "orders"},
            "keys": ["API_KEY"],
            "set": {"MODE": "preview"},
        },
        {"kind": "secret", "name": "made-up", "generate": {"SESSION_KEY": {"length": 40}}},
    ],
    "configmap": [
        {"kind": "configmap", "from": {"namespace": "shop", "name": "orders"}, "whole": True, "prefix": "BASE_"},
    ],
    "kafka": [
        {
            "kind": "kafka",
            "topic": "orders",
            "partitions": 3,
            "config": {"retention.ms": "3600000"},
            "env": "ORDERS_TOPIC",
        },
        {"kind": "kafka", "topic": "news", "like": "news", "env": "NEWS_TOPIC", "brokersEnv": "KAFKA_BROKERS"},
    ],
    "postgres": [
        {"kind": "postgres", "database": "orders", "env": "DATABASE_URL"},
        {
            "kind": "postgres",
            "database": "stock",
            "template": "stock_template",
            "migrate": {"image": "self", "command": ["./migrate"]},
            "seed": {"file": "db/seed.sql"},
            "env": {
                "host": "STOCK_HOST",
                "user": "STOCK_USER",
                "password": "STOCK_PASSWORD",
                "database": "STOCK_DATABASE",
            },
        },
    ],
    "mysql": [{"kind": "mysql", "database": "orders", "dump": {"file": "db/orders.sql"}, "env": "MYSQL_URL"}],
    "redis": [{"kind": "redis", "name": "orders", "env": "REDIS_URL", "prefixEnv": "REDIS_PREFIX"}],
    "rabbitmq": [{"kind": "rabbitmq", "name": "orders", "env": "AMQP_URL"}],
    "http": [
        {
            "kind": "http",
            "name": "tenant",
            "provider": "tenants",
            "url": "/tenants",
            "body": {"name": "{label}"},
            "keep": {"TENANT_ID": "data.id"},
            "remove": {"method": "DELETE", "url": "/tenants/{TENANT_ID}"},
        },
    ],
    "job": [
        {"kind": "job", "name": "index", "image": "self", "command": ["./index"], "args": ["--all"]},
    ],
}

EVERYTHING: list[dict[str, Any]] = [each for written in RESOURCES.values() for each in written]
