"""What AWS's answers become: another try, or a sentence for people."""

import time
from typing import Any

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError

from hooks.contract import Foreign, Problem, Unreachable
from hooks.kube import Kube
from hooks.providers import aws_errors
from hooks.world import World

SECRET = "wJalrXUtnFEMI/K7MDENG"
ENV = {
    "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": "http://localstack:4566", "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": SECRET,
}  # fmt: skip


def refusal(code: str, message: str = "", status: int = 400, action: str = "CreateQueue") -> ClientError:
    metadata: Any = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, action)


def became(error: Exception, service: str = "sqs", **options: Any) -> Exception:
    world = World(ENV, Kube(None), deadline=time.monotonic() + 60, settings={})
    with pytest.raises((Problem, Unreachable)) as raised, aws_errors.translated(world, "aws", service, **options):
        raise error
    assert raised.value.__cause__ is error
    return raised.value


@pytest.mark.parametrize(
    "error",
    [
        *(refusal(code) for code in sorted(aws_errors.BUSY)),
        refusal("AWS.SimpleQueueService.QueueDeletedRecently"),
        refusal("whatever", status=429),
        refusal("whatever", status=500),
        refusal("503", status=503),
    ],
)
def test_busy_is_worth_another_try(error: ClientError) -> None:
    assert str(became(error)).startswith("AWS sqs at localstack:4566 does not answer: ")


def test_busy_here_only() -> None:
    assert isinstance(became(refusal("ResourceInUseException"), "dynamodb"), Unreachable)
    assert isinstance(became(refusal("ResourceInUseException"), "ssm"), Problem)
    assert isinstance(became(refusal("NoSuchBucket"), "s3", busy=frozenset({"NoSuchBucket"})), Unreachable)
    assert isinstance(became(refusal("NoSuchBucket"), "s3"), Problem)


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (exceptions.EndpointConnectionError(endpoint_url="http://u:p@h"), "the connection is refused, or its name is not known"),
        (exceptions.ConnectTimeoutError(endpoint_url="http://u:p@h"), "no connection within 3 s"),
        (exceptions.ReadTimeoutError(endpoint_url="http://u:p@h"), "no answer within 10 s"),
        (exceptions.ConnectionClosedError(endpoint_url="http://u:p@h"), "the connection was closed before the answer"),
        (exceptions.HTTPClientError(error="x"), "HTTPClientError"),
        (exceptions.ProxyConnectionError(proxy_url="http://u:p@h"), "ProxyConnectionError"),
        (exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2), "IncompleteReadError"),
    ],
)  # fmt: skip
def test_no_connection_is_worth_another_try(error: Exception, detail: str) -> None:
    assert str(became(error)) == f"AWS sqs at localstack:4566 does not answer: {detail}"


@pytest.mark.parametrize("code", sorted(aws_errors.STRANGER))
def test_wrong_credentials_name_the_variables(code: str) -> None:
    found = became(refusal(code, "The security token included in the request is invalid.", 403))
    assert isinstance(found, Problem)
    assert found.sentence == f"AWS sqs at localstack:4566 does not know us ({code})"
    assert "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in found.remedy


@pytest.mark.parametrize("code", [*sorted(aws_errors.DENIED), "403", ""])
def test_too_few_rights_name_the_action(code: str) -> None:
    found = became(refusal(code, "User: x is not authorized", 403))
    assert isinstance(found, Problem)
    assert found.sentence == "AWS sqs at localstack:4566 does not allow sqs:CreateQueue: User: x is not authorized"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (refusal("InvalidAttributeValue", "Invalid value\n for the  parameter."),
         "AWS sqs at localstack:4566 refused sqs:CreateQueue: Invalid value for the parameter."),
        (refusal("404", status=404, action="HeadObject"), "AWS sqs at localstack:4566 refused sqs:HeadObject: 404"),
        (refusal("InternalFailure501", "not implemented", 501),
         "AWS sqs at localstack:4566 refused sqs:CreateQueue: not implemented"),
        (refusal("x", "y" * 999), f"AWS sqs at localstack:4566 refused sqs:CreateQueue: {'y' * 300}…"),
        (refusal("x", f"not {SECRET}, please"), "AWS sqs at localstack:4566 refused sqs:CreateQueue: not ***, please"),
        (refusal("RequestTimeTooSkewed", status=403), "AWS sqs at localstack:4566 finds our clock wrong (RequestTimeTooSkewed)"),
        (exceptions.NoCredentialsError(), "there are no credentials for AWS sqs at localstack:4566"),
        (exceptions.SSLError(endpoint_url="https://u:p@h", error="x"),
         "AWS sqs at localstack:4566 has a certificate that is not trusted here"),
        (exceptions.ParamValidationError(report=f"Value: {SECRET}"),
         "AWS sqs at localstack:4566 was not asked: ParamValidationError"),
    ],
)  # fmt: skip
def test_all_else_is_told_in_one_sentence_without_secrets(error: Exception, sentence: str) -> None:
    found = became(error)
    assert isinstance(found, Problem)
    assert found.sentence == sentence
    assert SECRET not in found.remedy


def test_what_is_translated_already_and_what_is_not_awss_goes_through() -> None:
    world = World(ENV, Kube(None), deadline=time.monotonic() + 60, settings={})
    for error in (Foreign("x"), Unreachable("x"), KeyError("x"), KeyboardInterrupt()):
        with pytest.raises(type(error)) as raised, aws_errors.translated(world, "aws", "sqs"):
            raise error
        assert raised.value is error


def test_errors_that_are_answers() -> None:
    def call(**arguments: str) -> str:
        if arguments["name"] == "gone":
            raise refusal("AWS.SimpleQueueService.NonExistentQueue")
        return arguments["name"]

    gone = frozenset({"NonExistentQueue"})
    assert aws_errors.unless(gone, call, name="there") == "there"
    assert aws_errors.unless(gone, call, name="gone") is None
    with pytest.raises(ClientError):
        aws_errors.unless(frozenset({"Other"}), call, name="gone")
