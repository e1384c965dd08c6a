"""A Kafka broker of the tests' own: it speaks the protocol, knows no topics, and refuses what it is told to refuse."""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka.protocol.admin import CreateTopicsResponse, DeleteTopicsResponse
from kafka.protocol.metadata import ApiVersionsResponse, MetadataRequest, MetadataResponse
from kafka.protocol.sasl import SaslAuthenticateResponse, SaslHandshakeResponse

from tests.cluster.kinds import brokers

# Each with the newest version that it speaks: all of them without tagged fields, so that headers are simple.
VERSIONS = {
    ApiVersionsResponse: 2, MetadataResponse: 8, CreateTopicsResponse: 4, DeleteTopicsResponse: 3,
    SaslHandshakeResponse: 1, SaslAuthenticateResponse: 1,
}  # fmt: skip
NO_TOPIC, SASL_FAILED = 3, 58


@contextmanager
def running(refusal: int) -> Iterator[int]:
    """Its port. Whatever would be changed is refused with this error code, and so is every login."""
    port: list[int] = []
    answers: dict[int, Callable[[int, bytes], Any]] = {
        ApiVersionsResponse.API_KEY: lambda version, _: _versions(version),
        MetadataResponse.API_KEY: lambda version, body: _metadata(version, body, port[0]),
        SaslHandshakeResponse.API_KEY: lambda version, _: SaslHandshakeResponse[version](
            error_code=0, mechanisms=["PLAIN"]
        ),
        SaslAuthenticateResponse.API_KEY: lambda version, _: SaslAuthenticateResponse[version](
            error_code=SASL_FAILED, error_message="Authentication failed: Invalid username or password", auth_bytes=b""
        ),
        CreateTopicsResponse.API_KEY: lambda version, _: CreateTopicsResponse[version](
            topics=[CreateTopicsResponse.CreatableTopicResult(name="x", error_code=refusal, error_message=None)]
        ),
        DeleteTopicsResponse.API_KEY: lambda version, _: DeleteTopicsResponse[version](
            responses=[DeleteTopicsResponse.DeletableTopicResult(name="x", error_code=refusal)]
        ),
    }

    def answer(piece: bytes) -> bytes:
        told = b""
        while piece:
            (size,) = struct.unpack(">i", piece[:4])
            key, version, correlation = struct.unpack(">hhi", piece[4:12])
            if key == ApiVersionsResponse.API_KEY and version > VERSIONS[ApiVersionsResponse]:
                version = 0  # as real ones do for a version that they do not know
            response = answers[key](version, _body(piece[12 : 4 + size]))
            response.with_header(correlation_id=correlation)
            told += bytes(response.encode(framed=True, header=True))
            piece = piece[4 + size :]
        return told

    with brokers.talking(answer) as found:
        port.append(found)
        yield found


def _body(request: bytes) -> bytes:
    """What comes after the client's name."""
    (length,) = struct.unpack(">h", request[:2])
    return request[2 + max(length, 0) :]


def _versions(version: int) -> Any:
    row = ApiVersionsResponse.ApiVersion
    rows = [row(api_key=each.API_KEY, min_version=0, max_version=most) for each, most in VERSIONS.items()]
    code = 35 if version == 0 else 0
    return ApiVersionsResponse[version](error_code=code, api_keys=rows)


def _metadata(version: int, body: bytes, port: int) -> Any:
    asked = MetadataRequest[version].decode(body).topics or []
    broker = MetadataResponse.MetadataResponseBroker(node_id=1, host="127.0.0.1", port=port, rack=None)
    topic = MetadataResponse.MetadataResponseTopic
    topics = [topic(name=each.name, error_code=NO_TOPIC, is_internal=False, partitions=[]) for each in asked]
    return MetadataResponse[version](brokers=[broker], cluster_id="c", controller_id=1, topics=topics)
