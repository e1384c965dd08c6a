{{/*
Routes for each host, see README.md. A feature's rules get the priority just above Host(`<host>`): Traefik's own choice,
the rule's length, would put them above every longer rule of other services.
*/}}
{{- define "devstack.routes" -}}
{{- $label := .Values.devstack_label | default "" -}}
{{- $routes := .Values.routes | default "base" -}}
{{- if and .Values.hosts (or (and (not $label) (ne $routes "none")) (eq $routes "all")) }}
{{- $header := include "devstack.header" . -}}
{{- $traefik := .Values.traefik | default dict -}}
{{- $service := dict "name" (include "devstack.behind" .) "port" .backendPort -}}
{{- if and $label (not (regexMatch "^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$" $label)) }}
{{- fail (printf "devstack_label %q may only hold a-z, 0-9 and -" $label) }}
{{- end }}
{{- if not (regexMatch "^[A-Za-z0-9!#$%&'*+.^_|~-]{1,64}$" $header) }}
{{- fail (printf "context_header %q is not a header name" $header) }}
{{- end }}
{{- $rules := list }}
{{- range $host := .Values.hosts }}
{{- if not (regexMatch "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$" $host) }}
{{- fail (printf "%q is not a host name" $host) }}
{{- end }}
{{- $base := printf "Host(`%s`)" $host }}
{{- if $label }}
{{- $above := add1 (len $base) }}
{{- $syntax := ternary "v2" "v3" (hasPrefix "traefik.containo.us/" (include "devstack.traefik" $)) }}
{{- $context := include "devstack.contextMatch" (dict "header" $header "label" $label "syntax" $syntax) }}
{{- $rules = append $rules (dict "kind" "Rule" "match" (printf "%s && %s" $context $base) "priority" $above "services" (list $service)) }}
{{- $rules = append $rules (dict "kind" "Rule" "match" (printf "Host(`%s.%s`)" $label $host) "services" (list $service) "middlewares" (list (dict "name" (printf "%s-context" $.backend)))) }}
{{- else }}
{{- $rules = append $rules (dict "kind" "Rule" "match" $base "services" (list $service)) }}
{{- end }}
{{- end }}
apiVersion: {{ include "devstack.traefik" . }}
kind: IngressRoute
metadata:
  name: {{ .backend }}
  labels:
    app.kubernetes.io/managed-by: {{ .Release.Service }}
    {{- include "devstack.labels" . | nindent 4 }}
spec:
  {{- with $traefik.entryPoints }}
  entryPoints: {{ toYaml . | nindent 4 }}
  {{- end }}
  routes: {{ toYaml $rules | nindent 4 }}
  {{- with $traefik.tls }}
  tls: {{ toYaml . | nindent 4 }}
  {{- end }}
{{- if $label }}
---
apiVersion: {{ include "devstack.traefik" . }}
kind: Middleware
metadata:
  name: {{ .backend }}-context
  labels:
    app.kubernetes.io/managed-by: {{ .Release.Service }}
    {{- include "devstack.labels" . | nindent 4 }}
spec:
  headers:
    customRequestHeaders:
      {{ $header }}: {{ $label | quote }}
      baggage: {{ printf "%s=%s" $header $label | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* The API version of Traefik's objects. */}}
{{- define "devstack.traefik" -}}
{{- (.Values.traefik | default dict).apiVersion | default "traefik.io/v1alpha1" -}}
{{- end }}
