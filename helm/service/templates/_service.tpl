{{- define "service.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name -}}
{{- end }}

{{/* The service's name: without a value the release's, since the chart's own name says nothing. */}}
{{- define "service.name" -}}
{{- .Values.service | default .Release.Name -}}
{{- end }}

{{- define "service.selector" -}}
app.kubernetes.io/name: {{ include "service.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "service.labels" -}}
{{ include "service.selector" . }}
{{ include "devstack.labels" (merge (dict "service" (include "service.name" .)) .) }}
{{- end }}

{{- define "service.account" -}}
{{- .Values.serviceAccount.name | default (ternary (include "service.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end }}

{{- define "service.probe" -}}
{{- if .Values.health }}
httpGet: {path: {{ .Values.health | quote }}, port: http}
{{- else }}
tcpSocket: {port: http}
{{- end }}
{{- end }}
