"""Every name that is put together from pieces: labels, namespaces, hosts, releases, image tags.

Nowhere else is a name joined from parts. All functions are pure and deterministic; a result that would be too
long is shortened with a hash of the whole, so two inputs that differ never share a shortened name by accident.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

LABEL_MAX = 40  # characters; leaves room for a release prefix within DNS's 63
DNS_LABEL_MAX = 63
RELEASE_MAX = 53  # helm's own limit
HASH_LENGTH = 6
SECRET_TAIL = 12  # characters of base32 that nobody guesses: 60 bits
PARTS = "--"  # between a label and the rest of a preview's one DNS label

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_NOT_DNS = re.compile(r"[^a-z0-9]+")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+")
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


class InvalidNameError(ValueError):
    """A text that a person gave cannot be used as the name it was meant for; the message says why."""


def short_hash(text: str, length: int = HASH_LENGTH) -> str:
    """First `length` hex digits of the SHA-256 of `text`."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def dns_label(text: str, limit: int = DNS_LABEL_MAX) -> str:
    """`text` as a DNS label of at most `limit` characters; lossy changes other than case get a hash of the original."""
    clean = _NOT_DNS.sub("-", text.lower()).strip("-")
    if clean == text.lower() and 0 < len(clean) <= limit:
        return clean
    suffix = short_hash(text)
    kept = clean[: limit - len(suffix) - 1].rstrip("-")
    return f"{kept}-{suffix}" if kept else f"x{suffix}"


def joined(limit: int, *pieces: str) -> str:
    """The non-empty pieces joined by dashes, as a DNS label of at most `limit` characters."""
    return dns_label("-".join(piece for piece in pieces if piece), limit)


def label(repository: str, number: int, *, ambiguous: bool = False, secret: str = "") -> str:
    """The default label `<repo>-<number>`; with a short hash of owner/repo where that would be ambiguous.

    With a `secret` it ends in a keyed hash of repository and number instead: always the same for a pull request, and
    not to be guessed by those who know which pull requests there are.
    """
    name = repository.rsplit("/", 1)[-1]
    extra = short_hash(repository.lower(), 4) if ambiguous else ""
    if secret:
        extra = _keyed_hash(secret, f"{repository.lower()}#{number}")
    tail = f"-{number}" + (f"-{extra}" if extra else "")
    return dns_label(name, LABEL_MAX - len(tail)) + tail


def _keyed_hash(secret: str, text: str) -> str:
    digest = hmac.digest(secret.encode(), text.encode(), "sha256")
    return base64.b32encode(digest).decode().lower()[:SECRET_TAIL]


def checked_label(text: str) -> str:
    """`text` if it can be a label (`[a-z0-9-]`, 1 to 40 characters, no dash at either end); else InvalidNameError."""
    if len(text) > LABEL_MAX:
        raise InvalidNameError(f"label `{text[:LABEL_MAX]}…` has {len(text)} characters, at most {LABEL_MAX} are allowed")
    if not _DNS_LABEL.fullmatch(text):
        raise InvalidNameError(
            f"label `{text}` may only hold a-z, 0-9 and -, and must begin and end with a letter or a digit"
        )
    return text


def checked_host(text: str) -> str:
    """`text` if it is a lower-case DNS host of two parts or more; else InvalidNameError."""
    if not _HOST.fullmatch(text):
        raise InvalidNameError(f"`{text}` is not a host name such as `example.com`")
    return text


def is_sha(text: str) -> bool:
    """Whether `text` is a full commit id (40 or 64 lower-case hex digits)."""
    return _SHA.fullmatch(text) is not None


def unknown_label(stack_label: str) -> str:
    """A label that begins like a live one and is none: for the request that the base must answer. May be longer than
    labels are."""
    return f"{stack_label}-{short_hash(f'unknown/{stack_label}')}"


def stack(repository: str, number: int) -> str:
    """Name of the Stack object of a pull request. Ends with a hash of owner/repo, since `a-b/c` and `a/b-c` differ."""
    return joined(50, dns_label(repository.replace("/", "-"), 34), short_hash(repository.lower(), 5), str(number))


def base_stack(repository: str) -> str:
    """Name of the Stack object that records a repository's base application."""
    return joined(50, dns_label(repository.replace("/", "-"), 34), short_hash(repository.lower(), 5), "base")


def namespace(stack_name: str) -> str:
    """The namespace that belongs to one Stack."""
    return joined(DNS_LABEL_MAX, "devstack", stack_name)


def preview_host(stack_label: str, base_host: str, domains: Sequence[str] = ()) -> str:
    """The preview host `<label>.<base host>`; with `domains`, one DNS label below one of them.

    That is what a wildcard certificate covers. The domain is the longest that the base host lies in, else the first:
    `feature1` for `a.example.com` below `example.com` is `feature1--a.example.com`. No two pairs of label and base host
    share a name: what could be read in two ways, or is too long, gets a hash of both.
    """
    if not domains:
        return f"{stack_label}.{base_host}"
    around = [each for each in domains if base_host == each or base_host.endswith(f".{each}")]
    domain = max(around, key=len) if around else domains[0]
    inner = "" if base_host == domain else base_host.removesuffix(f".{domain}")
    return f"{_one_label(stack_label, inner, base_host)}.{domain}"


def _one_label(stack_label: str, inner: str, base_host: str) -> str:
    """`<label>`, `<label>--<inner>`, or, with two separators or more, `<label>--<inner>--<hash>`."""
    plain = f"{stack_label}{PARTS}{inner}" if inner else stack_label
    special = plain[2:4] == PARTS  # such names have a meaning of their own in DNS (`xn--`)
    twofold = "." in inner or PARTS in inner or PARTS in stack_label
    if not special and not twofold and len(plain) <= DNS_LABEL_MAX:
        return plain
    head = f"x-{stack_label}" if special or len(stack_label) == 2 else stack_label
    tail = short_hash(f"{stack_label}/{base_host}", HASH_LENGTH + 4)
    middle = _NOT_DNS.sub("-", inner or base_host)[: DNS_LABEL_MAX - len(head) - len(tail) - 2 * len(PARTS)].strip("-")
    return PARTS.join(part for part in (head, middle or "x", tail) if part)


def release(service: str, stack_label: str) -> str:
    """Name of a helm release: `<service>-<label>` for a feature, `<service>` for the base (empty label)."""
    return joined(RELEASE_MAX, service, stack_label)


def behind(service: str) -> str:
    """The Kubernetes Service that a base service's pods stand behind where its own name leads to the proxy."""
    return f"{service}-base"


def copies(service: str, stack_label: str) -> tuple[str, ...]:
    """The names that a feature's version of a Kubernetes Service may have, the likeliest first."""
    return (release(service, stack_label), f"{stack_label}-{service}", service)


def cluster_address(service: str, namespace_name: str, domain: str) -> str:
    """A Kubernetes Service's full name in the cluster's DNS."""
    return f"{service}.{namespace_name}.svc.{domain}"


def image_repository(registry: str, repository: str, service: str) -> str:
    """`<registry>/<owner>/<repo>/<service>`, in the characters that an image reference allows."""
    parts = [re.sub(r"[^a-z0-9._-]+", "-", part.lower()).strip("._-") or "x" for part in repository.split("/")]
    return "/".join([registry, *parts, dns_label(service)])


def image_tag(content_hash: str) -> str:
    """The tag under which an image of this content is found again."""
    return f"content-{content_hash[:32]}"


def image_ref(repository: str, digest: str) -> str:
    """An image pinned by digest."""
    return f"{repository}@{digest}"


def pull_secret(stack_label: str) -> str:
    """Name of the image pull secret in a stack's namespace."""
    return joined(DNS_LABEL_MAX, "devstack-registry", stack_label)


def resource(base: str, stack_label: str, limit: int, separator: str = "-") -> str:
    """Name of a provisioned thing: `<base>-<label>`, with `separator` between and in place of dashes in the label.

    Characters of `base` stay as they are (each server has its own rules, which the specs check). What is longer than
    `limit` is cut and gets a hash of the whole before its end, so that it stays recognisable: `<base…>-<hash>`.
    """
    whole = f"{base}{separator}{stack_label.replace('-', separator)}"
    if len(whole) <= limit:
        return whole
    suffix = f"{separator}{short_hash(f'{base}/{stack_label}')}"
    return f"{whole[: limit - len(suffix)].rstrip('-_.')}{suffix}"


def resources_secret(release_name: str) -> str:
    """Name of the Secret with what a release's resources gave; the charts put it together likewise."""
    return f"{release_name}-resources"


def resources_ledger(release_name: str) -> str:
    """Name of the ConfigMap that records a release's resources."""
    return f"{release_name}-ledger"


def provision(release_name: str) -> str:
    """Name of a release's hook Pod and of what it needs: account, role, specs."""
    return f"{release_name}-provision"


def file_key(path: str) -> str:
    """Key of a ConfigMap under which a file of the repository is mounted for the hook: its own name, after a hash."""
    kept = re.sub(r"[^A-Za-z0-9._-]+", "_", path.rsplit("/", 1)[-1])[-100:].lstrip(".-")
    return f"{short_hash(path, 16)}-{kept or 'file'}.gz"


def ledger_key(kind: str, provider: str, name: str) -> str:
    """Key of the ledger under which the receipt of one resource stands."""
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:80].strip(".-")
    return f"{kind}.{kept}.{short_hash(f'{kind}/{provider}/{name}', 10)}.json"


def errands_secret(release_name: str) -> str:
    """Name of the Secret that holds the environment of such Pods while they run; the charts put it together likewise."""
    return f"{release_name}-run"


def errand(release_name: str, name: str) -> str:
    """Name of a Pod that a release's hook runs for one resource."""
    return joined(DNS_LABEL_MAX, release_name, "run", name)


def provider_secret(stack_label: str) -> str:
    """Name of the copy of the providers' Secret in the namespace where a stack's hooks run."""
    return joined(DNS_LABEL_MAX, "devstack-provider", stack_label)
