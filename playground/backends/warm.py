"""LocalStack loads a service when it is first asked for, which takes seconds: asked for here, so that nobody else waits."""

import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

from playground.backends.provided import REGION
from playground.backends.table import HOST
from playground.errors import PlaygroundError

SECONDS = 60.0
# Requests that change nothing: service, and either a target header or a form.
JSON = {"secretsmanager": "secretsmanager.ListSecrets", "ssm": "AmazonSSM.DescribeParameters"}
FORMS = {"sqs": "Action=ListQueues", "sns": "Action=ListTopics", "sts": "Action=GetCallerIdentity"}
# No signature is looked at; which service is meant stands where a signature would say it.
_SIGNED = "AWS4-HMAC-SHA256 Credential=test/20200101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"


def localstack(ports: Mapping[str, int]) -> None:
    """Ask each service that hooks use. PlaygroundError where one does not answer."""
    for service, target in JSON.items():
        _ask(ports["edge"], service, {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}, b"{}")
    for service, form in FORMS.items():
        _ask(ports["edge"], service, {"Content-Type": "application/x-www-form-urlencoded"}, form.encode())
    _ask(ports["edge"], "s3", {}, None)


WARM: Mapping[str, Callable[[Mapping[str, int]], None]] = {"localstack": localstack}
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _ask(port: int, service: str, headers: Mapping[str, str], body: bytes | None) -> None:
    signed = _SIGNED.format(region=REGION, service=service)
    request = urllib.request.Request(f"http://{HOST}:{port}/", body, {**headers, "Authorization": signed})
    try:
        with _opener.open(request, timeout=SECONDS) as answer:
            answer.read()
    except (OSError, urllib.error.HTTPError) as error:
        raise PlaygroundError(f"LocalStack's {service} does not answer: {error}") from error
