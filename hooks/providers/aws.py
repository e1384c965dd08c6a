"""AWS, or a server that speaks its language: clients made of what the environment says.

The default provider `aws` is told by AWS's own variables. A provider `x` is told by `DEVSTACK_PROVIDER_X_…`:
`ENDPOINT_URL`, `ENDPOINT_URL_<SERVICE>`, `REGION`, `ACCESS_KEY_ID`, `SECRET_ACCESS_KEY`, `SESSION_TOKEN`, `ROLE_ARN`;
for `aws` itself these stand above AWS's own. Without keys, the library looks where AWS's programs look: the identity of
the Pod's service account, the machine's role.

botocore is used without boto3 on top: the kinds need nothing of it. The import costs 0.13 s, the first client 0.05 s,
each further one 0.01 s.
"""

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hooks.contract import Problem

if TYPE_CHECKING:
    from hooks.world import World

DEFAULT = "aws"
CONNECT_SECONDS = 3
READ_SECONDS = 10
POOL = 32  # connections a client: four resources at a time, and what each of them does side by side
SPELLED = {"secretsmanager": "SECRETS_MANAGER"}  # in AWS's variables

_making = threading.Lock()  # threads must not make clients of one session side by side


@dataclass(frozen=True, slots=True)
class Access:
    """How a provider is reached for one of AWS's services. Holds secrets."""

    provider: str
    service: str
    region: str
    endpoint: str = ""  # URL; empty: AWS's own
    key: str = ""
    secret: str = ""
    token: str = ""
    role: str = ""

    @property
    def server(self) -> str:
        """For people: `AWS sqs`, `AWS sqs at localstack:4566`."""
        host = urlsplit(self.endpoint).netloc.rpartition("@")[2]
        return f"AWS {self.service} at {host}" if host else f"AWS {self.service}"

    @property
    def identity(self) -> str:
        """For people: the variables that say who we are."""
        keys = f"{variable(self.provider, 'ACCESS_KEY_ID')} and {variable(self.provider, 'SECRET_ACCESS_KEY')}"
        if self.role:
            return f"{variable(self.provider, 'ROLE_ARN')} and {keys}"
        return keys if self.key else f"{keys}, or the role of the hook's service account"


def variable(provider: str, key: str) -> str:
    """The variable of the environment that tells this: `AWS_REGION`, `DEVSTACK_PROVIDER_X_REGION`."""
    if provider == DEFAULT and key != "ROLE_ARN":
        return f"AWS_{key}"
    return f"DEVSTACK_PROVIDER_{provider.upper().replace('-', '_')}_{key}"


def access(world: "World", provider: str, service: str) -> Access:
    """What the environment says of a provider. Problem where it says too little."""

    def told(*keys: str) -> str:
        for key in keys:
            found = world.provided(provider, key) or (world.env.get(f"AWS_{key}") if provider == DEFAULT else "")
            if found:
                return found
        return ""

    region = told("REGION", "DEFAULT_REGION")
    if not region:
        called = "no AWS is known here" if provider == DEFAULT else f"no AWS of the name `{provider}` is known here"
        raise Problem(
            called, f"The operator sets {variable(provider, 'REGION')} in the provider Secret, and keys or a role."
        )
    return Access(
        provider=provider,
        service=service,
        region=region,
        endpoint=told(f"ENDPOINT_URL_{SPELLED.get(service, service.upper())}", "ENDPOINT_URL"),
        key=told("ACCESS_KEY_ID"),
        secret=told("SECRET_ACCESS_KEY"),
        token=told("SESSION_TOKEN"),
        role=world.provided(provider, "ROLE_ARN"),  # AWS_ROLE_ARN is the service account's, which the library sees to
    )


def client(world: "World", provider: str, service: str) -> Any:
    """botocore's client of a service such as `sqs`, which threads may share. It never tries twice: the runner does."""
    return world.client(provider, f"aws.{service}", lambda: _client(world, access(world, provider, service)))


def account(world: "World", provider: str) -> tuple[str, str]:
    """Partition and number of the account that we are in, such as `("aws", "123456789012")`. Asked once."""

    def ask() -> tuple[str, str]:
        me = client(world, provider, "sts").get_caller_identity()
        return me["Arn"].split(":")[1], me["Account"]

    return world.client(provider, "aws.account", ask)


def _client(world: "World", how: Access) -> Any:
    from botocore.exceptions import BotoCoreError

    try:
        with _making:
            session = world.client(how.provider, "aws.session", lambda: _session(world, how))
            return session.create_client(how.service, **_options(how))
    except (ValueError, BotoCoreError) as error:
        # The sentence of the library may repeat what is in the variables.
        where = f"{variable(how.provider, 'ENDPOINT_URL')} and {variable(how.provider, 'REGION')}"
        raise Problem(
            f"no client can be made for AWS {how.service} with what is in the environment ({type(error).__name__})",
            f"The operator mends {where}, and {how.identity}, in the provider Secret.",
        ) from error


def _options(how: Access) -> dict[str, Any]:
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1},
        max_pool_connections=POOL,
        # Servers other than AWS's may not know the newer checksums, nor buckets as parts of the host's name.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if how.endpoint else "auto"},
        ignore_configured_endpoint_urls=True,
    )
    return {"region_name": how.region, "endpoint_url": how.endpoint or None, "config": config}


def _session(world: "World", how: Access) -> Any:
    """The session which all clients of a provider share, with its credentials."""
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
    from botocore.session import Session

    session = Session()
    if how.key:
        session.set_credentials(how.key, how.secret, how.token or None)
    if not how.role:
        return session
    options = _options(access(world, how.provider, "sts"))

    def creator(service: str, **credentials: Any) -> Any:
        return session.create_client(service, **credentials, **options)

    # It logs each failure with all of its stack; we tell it in a sentence.
    logging.getLogger("botocore.credentials").setLevel(logging.CRITICAL)
    own = session.get_credentials()
    if own is None:
        raise Problem(
            f"there are no credentials with which to take the role of {variable(how.provider, 'ROLE_ARN')}",
            f"The operator sets {variable(how.provider, 'ACCESS_KEY_ID')} and {variable(how.provider, 'SECRET_ACCESS_KEY')}"
            " in the provider Secret, or gives the hook's service account an identity.",
        )
    fetcher = AssumeRoleCredentialFetcher(creator, own, how.role, extra_args={"RoleSessionName": "devstack"})
    assumed = Session()
    assumed._credentials = DeferredRefreshableCredentials(  # noqa: SLF001 - there is no other way in
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    return assumed
