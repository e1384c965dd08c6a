"""What AWS's answers mean: worth another try, or a sentence for people."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hooks.contract import Problem, Unreachable
from hooks.providers import aws

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from hooks.world import World

# The last part of the code: `AWS.SimpleQueueService.QueueDeletedRecently` is `QueueDeletedRecently`.
BUSY = frozenset({
    "BandwidthLimitExceeded",
    "ConcurrentModification",
    "ConcurrentModificationException",
    "EC2ThrottledException",
    "InternalError",
    "InternalErrorException",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "OperationAborted",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "QueueDeletedRecently",  # a queue's name is free again after 60 s
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TooManyUpdates",
    "TransactionInProgressException",
})  # fmt: skip
BUSY_TABLES = frozenset({"LimitExceededException", "ResourceInUseException"})  # of DynamoDB: made or changed just now
STRANGER = frozenset({
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
})  # fmt: skip
DENIED = frozenset({
    "AccessDenied",
    "AccessDeniedException",
    "AllAccessDisabled",
    "AuthorizationError",
    "AuthorizationErrorException",
    "KMSAccessDeniedException",
    "NotAuthorized",
    "UnauthorizedOperation",
})  # fmt: skip
SKEWED = frozenset({"RequestExpired", "RequestTimeTooSkewed"})
LONGEST = 300  # characters of the server's own sentence


def code(error: "ClientError") -> str:
    """The last part of AWS's code for an error, such as `NonExistentQueue`."""
    return str(error.response.get("Error", {}).get("Code", "")).rpartition(".")[2]


def unless(codes: frozenset[str], call: Callable[..., Any], **arguments: Any) -> Any:
    """What the call answers; None where it fails with one of these codes."""
    from botocore.exceptions import ClientError

    try:
        return call(**arguments)
    except ClientError as error:
        if code(error) in codes:
            return None
        raise


@contextmanager
def translated(world: "World", provider: str, service: str, busy: frozenset[str] = frozenset()) -> Iterator[None]:
    """Every error of the library becomes a Problem or Unreachable. `busy`: codes that here mean "not just now" too."""
    try:
        yield
    except (Problem, Unreachable):
        raise
    except Exception as error:
        found = _meaning(world, aws.access(world, provider, service), error, busy)
        if found is None:
            raise
        raise found from error


def _meaning(world: "World", how: aws.Access, error: Exception, busy: frozenset[str]) -> Problem | Unreachable | None:
    from botocore import exceptions as library

    match error:
        case library.ClientError():
            return _answered(world, how, error, busy)
        case library.SSLError():
            return Problem(
                f"{how.server} has a certificate that is not trusted here",
                "The operator sets AWS_CA_BUNDLE to a file with the authority that signed it.",
            )
        case library.HTTPClientError() | library.ConnectionError() | library.IncompleteReadError():
            return Unreachable(how.server, _shortly(error))
        case library.NoCredentialsError() | library.CredentialRetrievalError() | library.PartialCredentialsError():
            return Problem(f"there are no credentials for {how.server}", f"The operator sets {how.identity}.")
        case library.BotoCoreError():
            # Its sentence may repeat what was sent.
            return Problem(f"{how.server} was not asked: {type(error).__name__}", "This is a fault of devstack's own.")
    return None


def _answered(world: "World", how: aws.Access, error: "ClientError", busy: frozenset[str]) -> Problem | Unreachable:
    what, status = code(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    later = what in BUSY or what in busy or (how.service == "dynamodb" and what in BUSY_TABLES)
    if later or status == 429 or (status >= 500 and status != 501):  # 501: servers that know not all of AWS
        return Unreachable(how.server, what or f"status {status}")
    if what in STRANGER:
        return Problem(
            f"{how.server} does not know us ({what})", f"The operator looks at {how.identity} in the provider Secret."
        )
    if what in SKEWED:
        return Problem(
            f"{how.server} finds our clock wrong ({what})", "The operator sets the clocks of the cluster's nodes."
        )
    action = f"{how.service}:{error.operation_name}"
    sentence = _sentence(world, error)
    # S3 answers HEAD requests with a bare status.
    if what in DENIED or status in {401, 403}:
        return Problem(
            f"{how.server} does not allow {action}" + (f": {sentence}" if sentence else ""),
            f"The operator allows it to the identity of {how.identity}.",
        )
    return Problem(f"{how.server} refused {action}: {sentence or what or f'status {status}'}")


def _sentence(world: "World", error: "ClientError") -> str:
    """The server's own words, in one line, without secrets."""
    words = " ".join(str(error.response.get("Error", {}).get("Message") or "").split())
    words = world.masker.mask(words)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


def _shortly(error: Exception) -> str:
    """What is wrong with the connection; the library's sentence repeats the whole address."""
    from botocore import exceptions as library

    match error:
        case library.ConnectTimeoutError():
            return f"no connection within {aws.CONNECT_SECONDS} s"
        case library.ReadTimeoutError():
            return f"no answer within {aws.READ_SECONDS} s"
        case library.EndpointConnectionError():
            return "the connection is refused, or its name is not known"
        case library.ConnectionClosedError():
            return "the connection was closed before the answer"
    return type(error).__name__
