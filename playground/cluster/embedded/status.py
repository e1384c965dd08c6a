"""What of the embedded cluster runs."""

from pathlib import Path

from playground import process
from playground.cluster.embedded import inside, plan
from playground.cluster.embedded.parts import stages
from playground.cluster.kubectl import Kubectl
from playground.errors import PlaygroundError
from playground.places import Places


def status(places: Places, tools: Path) -> dict[str, str]:
    """Every process and deployment with its state: `up`, `dead`, `not answering`. Empty where none was ever started."""
    found = plan.load(places.state)
    if found is None:
        return {}
    states = {}
    try:
        table = stages(found, places.state, tools)
    except PlaygroundError as error:
        return {"programs": str(error)}
    for part in (part for stage in table for part in stage):
        if not process.alive(process.read(places.pids, part.name)):
            states[part.name] = f"dead, see {places.logs / part.name}.log"
        else:
            states[part.name] = "up" if part.ready() else f"not answering, see {places.logs / part.name}.log"
    kubectl = Kubectl(tools / "kubectl", places.state / "kubeconfig")
    running = inside.states(kubectl, found) if states["kube-apiserver"] == "up" else dict.fromkeys(inside.NAMES, False)
    return states | {f"{name} (pod)": "up" if up else "not available" for name, up in running.items()}
