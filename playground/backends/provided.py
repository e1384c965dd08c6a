"""What an operator's provider Secret says of each server: the environment that hooks read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

REGION = "us-east-1"
PREFIX = "DEVSTACK_PROVIDER_"


@dataclass(frozen=True)
class Address:
    """Where a server answers, seen from one side; `ports` by what they are for."""

    host: str
    ports: Mapping[str, int]
    password: str = field(default="", repr=False)

    def at(self, port: str) -> str:
        """host:port."""
        return f"{self.host}:{self.ports[port]}"


def aws(address: Address) -> dict[str, str]:
    """LocalStack takes any keys; twelve digits would be an account of their own."""
    return {
        "AWS_ENDPOINT_URL": f"http://{address.at('edge')}",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def dynamodb(address: Address) -> dict[str, str]:
    """moto. All of AWS is asked of it where LocalStack is not there: nothing may reach for the real one."""
    return {**aws(address), "AWS_ENDPOINT_URL_DYNAMODB": f"http://{address.at('edge')}"}


def postgres(address: Address) -> dict[str, str]:
    """A superuser and the database that is always there."""
    return {f"{PREFIX}POSTGRES_URL": f"postgresql://postgres:{address.password}@{address.at('sql')}/postgres"}


def mysql(address: Address) -> dict[str, str]:
    """MariaDB."""
    return {f"{PREFIX}MYSQL_URL": f"mysql://root:{address.password}@{address.at('sql')}/"}


def redis(address: Address) -> dict[str, str]:
    """A server of its own, not the one that the bot's queue would use."""
    return {f"{PREFIX}REDIS_URL": f"redis://:{address.password}@{address.at('redis')}"}


def rabbitmq(address: Address) -> dict[str, str]:
    """The management API, and where clients of the broker go."""
    return {
        f"{PREFIX}RABBITMQ_URL": f"http://admin:{address.password}@{address.at('management')}",
        f"{PREFIX}RABBITMQ_AMQP_URL": f"amqp://{address.at('amqp')}",
    }


def kafka(address: Address) -> dict[str, str]:
    """One broker."""
    return {f"{PREFIX}KAFKA_URL": f"kafka://{address.at('broker')}"}
