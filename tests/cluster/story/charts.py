"""A repository's own helmfile and chart, whose pods end at once when they are told to: whoever takes them away too early loses
requests."""

HELMFILE = """\
releases:
  - name: SERVICE{{ if .Values.devstack_label }}-{{ .Values.devstack_label }}{{ end }}
    namespace: {{ .Values.namespace }}
    chart: ./chart
    values:
      - label: {{ .Values.devstack_label | quote }}
        image: {{ .Values.images.SERVICE.ref }}
"""
CHART = "apiVersion: v2\nname: SERVICE\nversion: 0.1.0\n"
TEMPLATE = """\
{{- $name := printf "SERVICE%s" (empty .Values.label | ternary "" (printf "-%s" .Values.label)) -}}
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ $name }}}
spec:
  selector: {matchLabels: {app: {{ $name }}}}
  template:
    metadata: {labels: {app: {{ $name }}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: SERVICE
          image: {{ .Values.image }}
          readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: {{ $name }}}
spec: {selector: {app: {{ $name }}}, ports: [{port: 80, targetPort: 8080}]}
"""
ROUTE = """\
{{- if not .Values.label }}
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: SERVICE}
spec: {entryPoints: [web], routes: [{kind: Rule, match: Host(`HOST`), services: [{name: SERVICE, port: 80}]}]}
{{- end }}
"""


def ends_at_once(service: str, host: str = "") -> dict[str, bytes | None]:
    """The files of it. Its base has a route for `host`, where one is named."""
    files = {"helmfile.yaml.gotmpl": HELMFILE, "chart/Chart.yaml": CHART, "chart/templates/workload.yaml": TEMPLATE}
    if host:
        files["chart/templates/route.yaml"] = ROUTE
    return {path: text.replace("SERVICE", service).replace("HOST", host).encode() for path, text in files.items()}
