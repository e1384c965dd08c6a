"""What the answers of Kafka's brokers and of its client mean for people."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from hooks.contract import Problem, Unreachable

_TOLD = re.compile(r"(?:\[Error -?\d+\] )?([A-Z]\w*Error): ?")


def variable(provider: str, key: str) -> str:
    """The environment variable of a provider."""
    return f"DEVSTACK_PROVIDER_{provider.upper().replace('-', '_')}_{key}"


def named(provider: str) -> str:
    """How people know it."""
    return "Kafka" if provider == "kafka" else f"Kafka `{provider}`"


@contextmanager
def answering(provider: str) -> Iterator[None]:
    """What Kafka's client raises inside becomes a Problem, or Unreachable."""
    from kafka.errors import KafkaError

    try:
        yield
    except (KafkaError, OSError) as error:
        raise translated(error, provider) from error
    except (Problem, Unreachable):
        raise
    except RuntimeError as error:  # its own word for a controller that is being elected, and for a closed connection
        raise Unreachable(named(provider), str(error)[:200]) from error


def refusal(provider: str, code: int, message: str | None) -> Problem | Unreachable:
    """What a broker's error code means, with the broker's own words."""
    from kafka.errors import for_code

    return translated(for_code(code)(message or ""), provider)


def raise_refusal(provider: str, answer: str) -> None:
    """Some calls of the client answer with a text only: `OK`, or an error that was made a text."""
    if answer != "OK":
        code = re.match(r"\[Error (-?\d+)\]", answer)
        raise refusal(provider, int(code[1]) if code else -1, answer)


def translated(error: Exception, provider: str) -> Problem | Unreachable:
    """What an error of the client's means for people."""
    from kafka import errors

    name, words = named(provider), _words(error)
    match error:
        case errors.SaslAuthenticationFailedError():
            who = f"{variable(provider, 'USERNAME')} and {variable(provider, 'PASSWORD')}"
            return Problem(
                f"{name} does not accept our user or password", f"The operator corrects {who} in the provider Secret."
            )
        case errors.UnsupportedSaslMechanismError() | errors.IllegalSaslStateError() | errors.KafkaConfigurationError():
            keys = f"{variable(provider, 'SECURITY_PROTOCOL')} and {variable(provider, 'SASL_MECHANISM')}"
            return Problem(f"{name} does not take our way to log in", f"The operator corrects {keys}.")
        case errors.AuthorizationError() | errors.SecurityDisabledError():
            return Problem(
                f"our user may not do this on {name}: {words}",
                f"The user of {variable(provider, 'USERNAME')} needs Create, Delete, Alter, Describe, AlterConfigs and"
                " DescribeConfigs on topics, and Describe and Delete on groups.",
            )
        case errors.TopicDeletionDisabledError():
            return Problem(f"{name} deletes no topics", "The operator sets delete.topic.enable=true on the brokers.")
        case errors.UnsupportedVersionError():
            return Problem(f"{name} is too old: {words}", "Kafka 2.4 is the oldest that works.")
        case errors.InvalidTopicError() if "collides" in words:
            return Problem(
                f"{name} has a topic that differs in `.` and `_` only: {words}",
                "Kafka takes `.` and `_` for the same in a topic's name: give the resource another `topic`.",
            )
        case errors.BrokerResponseError() if not error.retriable and not isinstance(error, errors.UnknownError):
            return Problem(f"{name} refuses: {words}", "Correct the resource's `partitions`, `replication` or `config`.")
    if isinstance(error, errors.ThrottlingQuotaExceededError) or "throttle" in words:
        return Unreachable(name, "it has too much to do, and makes us wait")
    return Unreachable(name, words)


def _words(error: Exception) -> str:
    """The broker's words without the library's `[Error 38] InvalidReplicationFactorError:`."""
    text, kind = str(error), type(error).__name__
    while (told := _TOLD.match(text)) is not None:
        text, kind = text[told.end() :], told[1]
    return (text if text.strip() not in ("", "None") else kind).strip()[:300]
