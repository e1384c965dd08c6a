"""What a single value of the config may be. Each check gives the value back, tidied, or says what is wrong with it."""

import re
from typing import NoReturn

from pydantic_core import PydanticCustomError

from model import duration, names
from model.routing import context

SERVICE_MOST = 30  # characters; leaves room for the label in a release's 53
HOST_MOST = 253 - names.LABEL_MAX - 1  # characters; leaves room for `<label>.` in front
TTL_MOST = 30 * 86_400  # seconds; the bot's own setting is usually far lower
KIND = "devstack"  # the type of errors whose message is ready for people

HEADER = f"^{context.HEADER_NAME}$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]{0,127}$"
DURATION = r"^([0-9]{1,6}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$"
TARGET = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$"
URL_PATH = r"^/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,255}$"
SECRET_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"  # noqa: S105  # a pattern, no secret
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def wrong(message: str, suggestion: str = "") -> NoReturn:
    """Refuse a value in words for people."""
    raise PydanticCustomError(KIND, "{said}", {"said": message, "suggestion": suggestion})


def service_name(text: str) -> str:
    """A DNS label, short enough to be joined with a stack's label."""
    if names.dns_label(text, SERVICE_MOST) != text:
        clean = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:SERVICE_MOST].strip("-")
        wrong(
            f"`{text[:60]}` cannot be a service's name: a-z, 0-9 and -, at most {SERVICE_MOST} characters",
            f"did you mean `{clean}`?" if clean else "",
        )
    return text


def host(text: str) -> str:
    """A base host: a lower-case DNS name of two parts or more, short enough for a label in front."""
    near = re.sub(r"^[a-z]+://", "", text.strip().lower()).partition("/")[0].partition(":")[0].strip(".*")
    try:
        names.checked_host(text)
    except names.InvalidNameError:
        fits = _is_host(near)
        wrong(f"`{text[:80]}` is not a host name such as `example.com`", f"did you mean `{near}`?" if fits else "")
    if text.rpartition(".")[2].isdigit():
        wrong(f"`{text}` is an address, a host name is wanted", "a preview is reached at `<label>.<host>`")
    if len(text) > HOST_MOST:
        wrong(f"the host has {len(text)} characters, at most {HOST_MOST} leave room for the preview's label")
    return text


def _is_host(text: str) -> bool:
    try:
        names.checked_host(text)
    except names.InvalidNameError:
        return False
    return True


def repo_path(text: str) -> str:
    """A path inside the repository, relative to its root, without `./`, doubled or trailing slashes."""
    if not text.strip():
        wrong("the path is empty", "write `.` for the repository's root")
    if "\\" in text:
        wrong(f"`{text}` has a backslash", f"did you mean `{text.replace(chr(92), '/')}`?")
    if _CONTROL.search(text) or len(text) > 512:
        wrong("the path has control characters or more than 512 characters")
    if text.startswith(("/", "~")):
        wrong(f"`{text}` is an absolute path", "paths start at the repository's root")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if ".." in parts:
        wrong(f"`{text}` leaves its folder", "paths start at the repository's root and have no `..`")
    if parts and parts[0].startswith(("-", ":")):
        wrong(f"`{text}` begins with `{parts[0][0]}`", f"did you mean `{'/'.join(parts).lstrip('-:')}`?")
    if parts and parts[0] == ".git":
        wrong(f"`{text}` is git's own folder")
    return "/".join(parts) or "."


def helmfile_path(text: str) -> str:
    """A repository path that can be a helmfile."""
    if text.lower() in ("none", "null", "false", "no"):
        wrong(f"`{text}` is a text here", "leave the key out to use the ready-made chart")
    path = repo_path(text)
    if not path.endswith((".yaml", ".yml", ".yaml.gotmpl", ".yml.gotmpl")):
        wrong(f"`{text}` is not a helmfile's name", "it ends in `.yaml` or `.yaml.gotmpl`")
    return path


def glob(text: str) -> str:
    """A pattern of repository paths with `*`, `**` and `?`."""
    if text.startswith("!"):
        wrong(f"`{text}` excludes, which is not supported", "list what is watched")
    if "[" in text or "{" in text:
        wrong(f"`{text}` has brackets, which are not supported", "use `*`, `**` and `?`, or several patterns")
    return repo_path(text)


def variable(text: str) -> str:
    """The name of an environment variable or a build argument."""
    if not re.fullmatch(VARIABLE, text):
        wrong(f"`{text[:60]}` cannot be a variable's name: letters, digits and _, not beginning with a digit")
    return text


def content(text: str) -> str:
    """The content of a variable or a build argument."""
    if "\x00" in text or len(text) > 8192:
        wrong("the value has a zero byte or more than 8192 characters")
    return text


def target(text: str) -> str:
    """The name of a stage in a Dockerfile."""
    if not re.fullmatch(TARGET, text):
        wrong(f"`{text[:60]}` cannot be a stage of a Dockerfile")
    return text


def health(text: str) -> str:
    """A path to ask over HTTP."""
    if not re.fullmatch(URL_PATH, text):
        near = f"/{text.lstrip('/')}"
        wrong(
            f"`{text[:60]}` is not a path such as `/healthz`",
            f"did you mean `{near}`?" if re.fullmatch(URL_PATH, near) and "://" not in text else "",
        )
    return text


def header(text: str) -> str:
    """A header's name that routing may depend on."""
    if not re.fullmatch(HEADER, text):
        wrong(f"`{text[:60]}` cannot be a header's name", "such as `uber-ctx-key`")
    if context.is_taken(text):
        wrong(f"`{text}` has a meaning of its own in HTTP or tracing", "choose a name such as `uber-ctx-key`")
    return text


def namespace(text: str) -> str:
    """A Kubernetes namespace that is not the cluster's own."""
    if names.dns_label(text) != text:
        wrong(f"`{text[:80]}` cannot be a namespace: a-z, 0-9 and -, at most {names.DNS_LABEL_MAX} characters")
    if text.startswith("kube-"):
        wrong(f"`{text}` belongs to the cluster itself")
    return text


def ttl(value: object) -> int:
    """Seconds of a duration in words, between a minute and thirty days."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        wrong("a duration is wanted", "such as `6h`, `90m` or `2d`")
    seconds = _seconds(value) if isinstance(value, str) else None
    if seconds is None:
        near = str(value).strip().lower().replace(" ", "")
        guess = re.sub(r"(day|hour|hr|minute|min|second|sec)s?", lambda unit: unit[1][0], near)
        guess = f"{guess}h" if guess.isdigit() and 0 < int(guess) < 100 else guess
        wrong(
            f"`{str(value)[:40]}` is not a duration such as `6h`, `90m` or `2d`",
            f"did you mean `{guess}`?" if guess != value and _seconds(guess) else "",
        )
    if seconds < 60:
        wrong(
            f"a stack lives a minute at least, this is {seconds} seconds", "leave the key out for the bot's own default"
        )
    if seconds > TTL_MOST:
        wrong(f"a stack lives {TTL_MOST // 86_400} days at most")
    return seconds


def _seconds(text: str) -> int | None:
    if re.fullmatch(r"(0+[dhms])+", text):
        return 0
    try:
        return duration.parse(text) if re.fullmatch(DURATION, text) else None
    except ValueError:
        return None


def secret_name(text: str) -> str:
    """The name of a Kubernetes Secret."""
    if len(text) > 253 or not re.fullmatch(SECRET_NAME, text):
        wrong(f"`{text[:60]}` cannot be a Secret's name: a-z, 0-9, - and .")
    return text
