{{/* Whether calls by the Service's own name are routed too: never for a feature, which has no well-known name. */}}
{{- define "devstack.inside" -}}
{{- if and .Values.inCluster (not .Values.devstack_label) -}}true{{- end -}}
{{- end }}

{{/* The Service that the pods stand behind, and that routes lead to: `<backend>-base` where the name itself leads to Traefik. */}}
{{- define "devstack.behind" -}}
{{- if include "devstack.inside" . -}}
{{- printf "%s-base" .backend -}}
{{- else -}}
{{- .backend -}}
{{- end -}}
{{- end }}

{{/*
In-cluster routing of a base service, see README.md: the well-known name becomes another name of Traefik, which finds the
service by the Host header. A caller keeps its port, so each port has an entry point of its own.
*/}}
{{- define "devstack.inCluster" -}}
{{- if include "devstack.inside" . -}}
{{- $gateway := .Values.gateway | default dict -}}
{{- $namespace := .Release.Namespace -}}
{{- $behind := include "devstack.behind" . -}}
{{- $ports := .ports | default (list (dict "name" "http" "port" .backendPort)) -}}
{{- if not $gateway.host }}
{{- fail "inCluster needs gateway.host, the Service in front of Traefik that in-cluster calls go to" }}
{{- end }}
{{- if gt (len $behind) 63 }}
{{- fail (printf "%q is too long for a Service" $behind) }}
{{- end }}
{{- $full := printf "%s.%s" .backend $namespace -}}
{{- $hosts := list $full (printf "%s.svc" $full) (printf "%s.svc.%s" $full ($gateway.clusterDomain | default "cluster.local")) -}}
{{- if ne (toString $gateway.shortName) "false" }}
{{- $hosts = prepend $hosts .backend }}
{{- end }}
{{- $matchers := list }}
{{- range $hosts }}
{{- $matchers = append $matchers (printf "Host(`%s`)" .) }}
{{- end }}
apiVersion: v1
kind: Service
metadata:
  name: {{ .backend }}
  labels:
    app.kubernetes.io/managed-by: {{ .Release.Service }}
    devstack.dev/inside: "true"
    {{- include "devstack.labels" . | nindent 4 }}
  annotations:
    devstack.dev/behind: {{ $behind | quote }}
spec:
  type: ExternalName
  externalName: {{ $gateway.host | quote }}
  ports:
    {{- range $ports }}
    - {name: {{ .name }}, port: {{ .port }}, protocol: TCP}
    {{- end }}
{{- $taken := dict }}
{{- range $ports }}
{{- $entrypoint := get ($gateway.entryPoints | default dict) (toString .port) | default (ternary "inside" "" (eq (toString .port) "80")) }}
{{- if not $entrypoint }}
{{- fail (printf "gateway.entryPoints has none for the port %v" .port) }}
{{- end }}
{{- if hasKey $taken $entrypoint }}
{{- fail (printf "gateway.entryPoints: %v and %v cannot share the entry point %q, since it does not tell which port was called" (get $taken $entrypoint) .port $entrypoint) }}
{{- end }}
{{- $_ := set $taken $entrypoint .port }}
{{- $service := dict "name" $behind "port" .port }}
{{- if .scheme }}
{{- $_ := set $service "scheme" .scheme }}
{{- end }}
---
apiVersion: {{ include "devstack.traefik" $ }}
kind: IngressRoute
metadata:
  name: {{ $.backend }}-inside-{{ .port }}
  labels:
    app.kubernetes.io/managed-by: {{ $.Release.Service }}
    devstack.dev/inside: "true"
    {{- include "devstack.labels" $ | nindent 4 }}
spec:
  entryPoints: [{{ $entrypoint | quote }}]
  routes: {{ list (dict "kind" "Rule" "match" (join " || " $matchers) "services" (list $service)) | toYaml | nindent 4 }}
{{- end }}
{{- end }}
{{- end }}
