"""One-off Pods: a command in an image of its own, with the stack's values as its environment; begun, watched, cleared."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hooks.contract import Problem, Scope
from hooks.errand import Errand, Object, secret
from hooks.kube import Conflict
from hooks.masking import of_values
from hooks.retry import patiently
from model import names
from model.marks import LABEL_HOOK

if TYPE_CHECKING:
    from hooks.world import World

LOG_LINES = 40
POLL_SECONDS = 0.2
END_GRACE_SECONDS = 2
# Why a container waits, as the kubelet tells: what it does not try again with another end, what it tries again after
# 10 to 15 s and then later (a Secret that it could not read in time, a registry that was busy), and what a registry says
# of an image that trying again will not bring.
NEVER_STARTS = {"InvalidImageName", "ErrImageNeverPull"}
TRIED_AGAIN = {
    "ErrImagePull",
    "ImagePullBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
}
NO_SUCH_IMAGE = ("not found", "manifest unknown", "denied", "unauthorized")
TRIES_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the command ended. `log` is the masked end of what it printed, `reason` one sentence where it is not `ok`."""

    ok: bool
    log: str = ""
    code: int | None = None
    reason: str = ""

    def problem(self, what: str) -> Problem:
        """The Problem of `what` ("migrations", "job `seed`") that ended like this."""
        last = next((line.strip() for line in reversed(self.log.splitlines()) if line.strip()), "")
        sentence = f"{what}: {self.reason}" + (f": {last[:200]}" if last and self.code is not None else "")
        return Problem(sentence, "See the end of its log." if self.log else "", self.log)


def image_of(world: "World", image: str) -> str:
    """The image's reference; `self` is the service's own. Problem where that is not known."""
    if image != "self":
        return image
    own = str(world.settings.get("image") or "")
    if not own:
        raise Problem("`image: self` means the service's image, and the chart did not tell it", "Name an image.")
    return own


def run(
    world: "World",
    scope: Scope,
    name: str,
    image: str,
    command: Sequence[str],
    args: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> Outcome:
    """Run the command to its end, at most `seconds` and never beyond the run's deadline. `name` tells it from others of
    this release; `env` is secret: it is in the Pod by reference only. What an earlier run left under
    this name is ended first, so that the same command never runs twice at once."""
    pod = names.errand(scope.release, name)
    errand = Errand(world, scope, pod, dict(env or {}))
    limit = min(world.seconds_left, seconds or world.seconds_left)
    reference = image_of(world, image)
    end = world.clock() + limit
    _clear(world, scope, pod)
    try:
        errand.tell()
        _make(world, scope, errand.body(reference, command, args, limit))
        return _watched(errand, end)
    finally:
        patiently(world, lambda: world.kube.delete("pods", scope.namespace, pod, grace=END_GRACE_SECONDS))
        errand.forget()


def clear_all(world: "World", scope: Scope) -> None:
    """Delete all that this release's hooks made for such commands."""
    own = names.provision(scope.release)  # the hook's own Pod, or those of its Job
    for pod in patiently(world, lambda: world.kube.list("pods", scope.namespace, {LABEL_HOOK: scope.release})):
        name = pod["metadata"]["name"]
        if name != own and not name.startswith(f"{own}-"):
            patiently(world, lambda: world.kube.delete("pods", scope.namespace, name))  # noqa: B023
    if secret(world, scope) is not None:
        patiently(world, lambda: world.kube.delete("secrets", scope.namespace, names.errands_secret(scope.release)))


def _clear(world: "World", scope: Scope, pod: str) -> None:
    while patiently(world, lambda: world.kube.delete("pods", scope.namespace, pod, grace=END_GRACE_SECONDS)):
        if not world.seconds_left or world.stop.is_set():
            raise Problem(f"the Pod `{pod}` of an earlier run does not end")
        world.sleep(POLL_SECONDS)


def _make(world: "World", scope: Scope, body: Object) -> None:
    """Conflict is an earlier try of this very request whose answer was lost: `_clear` made sure that there was none."""
    try:
        patiently(world, lambda: world.kube.create("pods", scope.namespace, body))
    except Conflict:
        return


def _watched(errand: Errand, end: float) -> Outcome:
    """Wait for the Pod's end, but not for longer than two of the kubelet's tries where it cannot start."""
    world = errand.world
    stuck_since = math.inf
    while True:
        found = patiently(world, lambda: world.kube.get("pods", errand.scope.namespace, errand.pod))
        if found is None:
            return Outcome(False, reason="its Pod was deleted by somebody")
        status = found.get("status") or {}
        if status.get("phase") in {"Succeeded", "Failed"}:
            return _ended(status, _log(errand))
        stuck, for_good = _stuck(status)
        stuck_since = min(stuck_since, world.clock()) if stuck else math.inf
        if for_good or world.clock() - stuck_since >= TRIES_SECONDS:
            return Outcome(False, reason=stuck)
        if world.stop.is_set():
            return Outcome(False, _log(errand), reason="it was ended, for the run was told to stop")
        if world.clock() >= end:
            log = _log(errand)
            return Outcome(False, log, reason=stuck or _waiting(status) or "it did not end in the time that it had")
        world.sleep(POLL_SECONDS)


def _ended(status: Object, log: str) -> Outcome:
    if status["phase"] == "Succeeded":
        return Outcome(True, log, 0)
    ended: Object = next(
        (each["state"]["terminated"] for each in _containers(status) if "terminated" in each["state"]), {}
    )
    code = ended.get("exitCode")
    if status.get("reason") == "DeadlineExceeded":
        return Outcome(False, log, None, "it did not end in the time that it had")
    why = {"OOMKilled": "it took more memory than it may have", "StartError": "its command could not be started"}
    reason = why.get(ended.get("reason", ""), "it ended" if code is None else f"it ended with code {code}")
    return Outcome(False, log, code, reason)


def _stuck(status: Object) -> tuple[str, bool]:
    """Why it does not start, where it failed to, and whether it never will."""
    for each in _containers(status):
        waiting = each["state"].get("waiting") or {}
        reason, message = str(waiting.get("reason")), str(waiting.get("message") or "no reason is given")
        if reason in NEVER_STARTS | TRIED_AGAIN:
            no_image = "Image" in reason and any(words in message.lower() for words in NO_SUCH_IMAGE)
            return f"its Pod does not start ({reason}): {message[:200]}", no_image or reason in NEVER_STARTS
    return "", False


def _waiting(status: Object) -> str:
    """What a Pod that did not start in time was waiting for."""
    for each in status.get("conditions") or []:
        if each.get("type") == "PodScheduled" and each.get("status") == "False":
            return f"its Pod found no place: {str(each.get('message') or '')[:200]}"
    return "" if status.get("phase") == "Running" else "its Pod did not start in time"


def _containers(status: Object) -> Iterator[Object]:
    for each in status.get("containerStatuses") or []:
        yield {**each, "state": each.get("state") or {}}


def _log(errand: Errand) -> str:
    world, namespace = errand.world, errand.scope.namespace
    printed = patiently(world, lambda: world.kube.logs(namespace, errand.pod, LOG_LINES))
    return world.masker.also(of_values(errand.values.values(), "")).mask(printed).strip()
