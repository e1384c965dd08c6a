"""What must not be shown: the secrets of the environment, and the values that resources gave."""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote, urlsplit

SECRET_ENDINGS = ("PASSWORD", "SECRET", "SECRET_ACCESS_KEY", "TOKEN", "PRIVATE_KEY")


def of_environment(env: Mapping[str, str]) -> Iterator[str]:
    """The secrets among the variables: by their names, and passwords in addresses."""
    for name, value in env.items():
        if name.endswith(SECRET_ENDINGS):
            yield value
        elif name.startswith("DEVSTACK_PROVIDER_"):
            yield from _passwords(value)


def of_values(values: Iterable[str], public: str) -> Iterator[str]:
    """What is secret in values of resources: all of them, but for what stands in the public text anyway (names,
    addresses): to blacken these would make every sentence about them useless."""
    for value in values:
        if value and value not in public:
            yield value
        yield from _passwords(value)


def _passwords(value: str) -> Iterator[str]:
    if "://" not in value:
        return
    try:
        password = urlsplit(value).password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)
