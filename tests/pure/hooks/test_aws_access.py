"""How AWS is reached: which variables say so, and what a client is then told."""

import time
from typing import Any

import pytest

from hooks.contract import Problem
from hooks.kube import Kube
from hooks.providers import aws
from hooks.world import World

OWN = {
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests",
}
STAGING = {
    "DEVSTACK_PROVIDER_STAGING_EU_REGION": "eu-west-1",
    "DEVSTACK_PROVIDER_STAGING_EU_ACCESS_KEY_ID": "AKIAI44QH8DHBEXAMPLE",
    "DEVSTACK_PROVIDER_STAGING_EU_SECRET_ACCESS_KEY": "other-secret-of-the-tests",
}


def world(*envs: dict[str, str], **env: str) -> World:
    merged: dict[str, str] = {}
    for each in (*envs, env):
        merged |= each
    return World(merged, Kube(None), deadline=time.monotonic() + 60, settings={})


def test_aws_by_its_own_variables() -> None:
    found = aws.access(world(OWN), "aws", "sqs")
    assert (found.region, found.endpoint, found.key) == ("eu-central-1", "", "AKIAIOSFODNN7EXAMPLE")
    assert found.server == "AWS sqs"
    assert found.identity == "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


def test_an_endpoint_for_all_services_and_one_for_a_single_one() -> None:
    here = world(OWN, AWS_ENDPOINT_URL="http://localstack:4566", AWS_ENDPOINT_URL_DYNAMODB="http://moto:5000")
    assert aws.access(here, "aws", "sqs").endpoint == "http://localstack:4566"
    assert aws.access(here, "aws", "dynamodb").endpoint == "http://moto:5000"
    assert aws.access(here, "aws", "dynamodb").server == "AWS dynamodb at moto:5000"
    here = world(OWN, AWS_ENDPOINT_URL_SECRETS_MANAGER="http://secrets:1")  # as AWS spells it
    assert aws.access(here, "aws", "secretsmanager").endpoint == "http://secrets:1"


def test_a_password_in_an_endpoint_is_not_shown() -> None:
    here = world(OWN, AWS_ENDPOINT_URL="http://user:hidden@localstack:4566")
    assert aws.access(here, "aws", "sqs").server == "AWS sqs at localstack:4566"


def test_a_provider_of_another_name_has_variables_of_its_own_and_none_of_the_default_ones() -> None:
    found = aws.access(world(OWN, STAGING, AWS_ENDPOINT_URL="http://localstack:4566"), "staging-eu", "sqs")
    assert (found.region, found.endpoint, found.key) == ("eu-west-1", "", "AKIAI44QH8DHBEXAMPLE")
    assert found.identity.startswith("DEVSTACK_PROVIDER_STAGING_EU_ACCESS_KEY_ID and ")


def test_our_own_variables_stand_above_those_of_aws() -> None:
    here = world(OWN, DEVSTACK_PROVIDER_AWS_REGION="us-east-2", DEVSTACK_PROVIDER_AWS_ENDPOINT_URL="http://other:1")
    assert aws.access(here, "aws", "sqs").region == "us-east-2"
    assert aws.access(here, "aws", "sqs").endpoint == "http://other:1"


def test_the_older_name_of_the_region() -> None:
    assert aws.access(world(AWS_DEFAULT_REGION="eu-west-2"), "aws", "sqs").region == "eu-west-2"


@pytest.mark.parametrize(
    ("provider", "sentence", "remedy"),
    [
        ("aws", "no AWS is known here", "The operator sets AWS_REGION in the provider Secret, and keys or a role."),
        (
            "other",
            "no AWS of the name `other` is known here",
            "The operator sets DEVSTACK_PROVIDER_OTHER_REGION in the provider Secret, and keys or a role.",
        ),
    ],
)
def test_what_the_operator_has_not_set_is_told(provider: str, sentence: str, remedy: str) -> None:
    with pytest.raises(Problem) as raised:
        aws.client(world(), provider, "sqs")
    assert (raised.value.sentence, raised.value.remedy) == (sentence, remedy)


def test_a_client_never_waits_long_and_never_tries_twice() -> None:
    made = aws.client(world(OWN, AWS_ENDPOINT_URL="http://localstack:4566"), "aws", "s3")
    config = made.meta.config
    assert made.meta.endpoint_url == "http://localstack:4566"
    assert (config.connect_timeout, config.read_timeout) == (3, 10)
    assert config.retries["total_max_attempts"] == 1
    assert config.s3["addressing_style"] == "path"
    assert made.meta.region_name == "eu-central-1"


def test_aws_itself_without_an_endpoint_even_where_the_process_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localstack:4566")
    made = aws.client(world(STAGING), "staging-eu", "sqs")
    assert made.meta.endpoint_url == "https://sqs.eu-west-1.amazonaws.com"
    assert aws.client(world(OWN), "aws", "s3").meta.config.s3["addressing_style"] == "auto"


def test_clients_are_made_once_and_share_one_session() -> None:
    here = world(OWN, STAGING)
    assert aws.client(here, "aws", "sqs") is aws.client(here, "aws", "sqs")
    assert aws.client(here, "aws", "sqs") is not aws.client(here, "staging-eu", "sqs")
    sessions = [key for key in here._clients if key[1] == "aws.session"]
    assert sessions == [("aws", "aws.session"), ("staging-eu", "aws.session")]


@pytest.mark.parametrize("endpoint", ["localstack:4566", "http://", "not a url"])
def test_an_endpoint_that_is_none_is_told_without_repeating_it(endpoint: str) -> None:
    with pytest.raises(Problem) as raised:
        aws.client(world(OWN, AWS_ENDPOINT_URL=endpoint), "aws", "sqs")
    assert "no client can be made for AWS sqs" in raised.value.sentence
    assert "AWS_ENDPOINT_URL" in raised.value.remedy
    assert endpoint not in raised.value.sentence + raised.value.remedy or endpoint == "http://"


def test_a_role_is_taken_when_a_client_first_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    class Fetcher:
        def __init__(self, creator: Any, own: Any, role: str, extra_args: dict[str, Any]) -> None:
            asked.append(
                {"role": role, "key": own.access_key, "endpoint": creator("sts").meta.endpoint_url, **extra_args}
            )

        def fetch_credentials(self) -> dict[str, str]:
            return {
                "access_key": "ASIAEXAMPLE", "secret_key": "s", "token": "t", "expiry_time": "2099-01-01T00:00:00Z",
            }  # fmt: skip

    monkeypatch.setattr("botocore.credentials.AssumeRoleCredentialFetcher", Fetcher)
    role = "arn:aws:iam::123456789012:role/hooks"
    here = world(STAGING, DEVSTACK_PROVIDER_STAGING_EU_ROLE_ARN=role)
    made = aws.client(here, "staging-eu", "sqs")
    assert asked == [
        {
            "role": role, "key": "AKIAI44QH8DHBEXAMPLE", "endpoint": "https://sts.eu-west-1.amazonaws.com",
            "RoleSessionName": "devstack",
        }
    ]  # fmt: skip
    assert made._request_signer._credentials.access_key == "ASIAEXAMPLE"
    assert aws.access(here, "staging-eu", "sqs").identity.startswith("DEVSTACK_PROVIDER_STAGING_EU_ROLE_ARN and ")
