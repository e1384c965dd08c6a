"""helm and helmfile against the playground's cluster, in namespaces of their own."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.cluster.value import Playground
from workers.tools.helm import Helm
from workers.tools.helmfile import Helmfile
from workers.tools.process import Runner

CHART = """\
apiVersion: v2
name: app
version: 0.1.0
"""
OBJECTS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data:
  label: {{ .Values.devstack_label | quote }}
  image: {{ .Values.image | quote }}
{{- if .Values.extra }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-extra}
{{- end }}
{{- if .Values.waits }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: {{ .Release.Name }}}
spec: {storageClassName: none, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Ki}}}
{{- end }}
"""
HELMFILE = """\
environments:
  default:
    values:
      - devstack_label: base
        images: {app: {ref: none}}
        extra: false
        waits: false
---
releases:
  - name: app{{ with .Values.devstack_label }}-{{ . }}{{ end }}
    chart: ./app
    labels: {tier: web}
    values:
      - devstack_label: {{ .Values.devstack_label }}
        image: {{ .Values.images.app.ref }}
        extra: {{ .Values.extra }}
        waits: {{ .Values.waits }}
  - name: never
    chart: ./app
    installed: false
"""


class Place:
    """A namespace, a repository with a helmfile, and the tools."""

    def __init__(self, playground: Playground, folder: Path, namespace: str) -> None:
        path = f"{playground.tools}{os.pathsep}{os.environ['PATH']}"
        self.runner = Runner(folder / "home", path)
        self.kubeconfig = str(playground.kubeconfig)
        self.helm = Helm(self.runner, self.kubeconfig)
        self.helmfiles = Helmfile(self.runner, self.kubeconfig)
        self.kubectl_program = str(playground.kubectl)
        self.folder = folder
        self.namespace = namespace
        self.helmfile = self.write("helmfile.yaml.gotmpl", HELMFILE)
        self.write("app/Chart.yaml", CHART)
        self.write("app/templates/all.yaml", OBJECTS)

    def write(self, name: str, text: str) -> Path:
        """A file of the repository."""
        path = self.folder / "repo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def values(self, text: str) -> Path:
        """Our values file."""
        path = self.folder / "values.yaml"
        path.write_text(text)
        return path

    def kubectl(self, *arguments: str) -> str:
        """Ask the cluster."""
        command = [self.kubectl_program, f"--kubeconfig={self.kubeconfig}", f"--namespace={self.namespace}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()

    def config_map(self, name: str, key: str) -> str:
        """A value that a chart wrote."""
        return self.kubectl("get", "configmap", name, "--output", f"jsonpath={{.data.{key}}}")

    def names(self, kind: str) -> set[str]:
        """Names of the objects of a kind."""
        listed = self.kubectl("get", kind, "--output", "jsonpath={.items[*].metadata.name}")
        return set(listed.split()) - {"kube-root-ca.crt"}


@pytest.fixture
def place(ground: Playground, tmp_path: Path) -> Iterator[Place]:
    """A namespace that is gone afterwards."""
    made = Place(ground, tmp_path, f"tools-{uuid.uuid4().hex[:8]}")
    made.kubectl("create", "namespace", made.namespace)
    yield made
    made.kubectl("delete", "namespace", made.namespace, "--wait=false")
