"""`needs` on a real cluster: who is needed is ready first, and where it does not get ready nobody who needs it is made."""

import pytest

from tests.cluster.tools.conftest import Place
from workers.faults import UserFault

pytestmark = pytest.mark.cluster

TWO = """\
environments:
  default:
    values:
      - waits: false
---
releases:
  - name: web
    namespace: {{ .Values.namespace }}
    chart: ./app
    needs: [{{ .Values.namespace }}/orders]
    values: [{devstack_label: feature1, image: none, waits: false}]
  - name: orders
    namespace: {{ .Values.namespace }}
    chart: ./app
    values: [{devstack_label: feature1, image: none, waits: {{ .Values.waits }}}]
"""


def sync(place: Place, *, waits: bool, timeout: int) -> None:
    place.helmfile = place.write("helmfile.yaml.gotmpl", TWO)
    values = place.values(f"namespace: {place.namespace}\nwaits: {str(waits).lower()}\n")
    place.helmfiles.sync(place.helmfile, values, place.namespace, timeout=timeout, cleanup_on_fail=True, waves=2)


def test_who_needs_another_is_made_after_it(place: Place) -> None:
    sync(place, waits=False, timeout=30)
    made = {name: place.kubectl("get", "secret", f"sh.helm.release.v1.{name}.v1", "--output=jsonpath={.metadata.uid}")
            for name in ("orders", "web")}  # fmt: skip
    assert all(made.values())
    listed = place.kubectl("get", "configmaps", "--sort-by=.metadata.resourceVersion", "--output=name").splitlines()
    assert [each for each in listed if each.endswith(("/orders", "/web"))] == ["configmap/orders", "configmap/web"]


def test_nobody_is_made_whose_need_does_not_get_ready(place: Place) -> None:
    with pytest.raises(UserFault, match="not ready in time"):
        sync(place, waits=True, timeout=3)
    assert {release.name: release.status for release in place.helm.list(place.namespace)} == {"orders": "failed"}
