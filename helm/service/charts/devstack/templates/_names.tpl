{{/* The service's name as in .devstack.yaml. In many charts the value `service` is about the Kubernetes Service. */}}
{{- define "devstack.service" -}}
{{- .service | default (ternary .Values.service "" (kindIs "string" .Values.service)) | default .Chart.Name -}}
{{- end }}

{{/* The Stack that this belongs to; empty without a bot. */}}
{{- define "devstack.stack" -}}
{{- .Values.stack | default (dig "devstack" "stack" "" .Values.AsMap) -}}
{{- end }}

{{/* The marks by which the bot finds what belongs to a stack. */}}
{{- define "devstack.labels" -}}
devstack.dev/service: {{ include "devstack.service" . | quote }}
{{- with include "devstack.stack" . }}
devstack.dev/stack: {{ . | quote }}
{{- end }}
{{- with .Values.devstack_label }}
devstack.dev/label: {{ . | quote }}
{{- end }}
{{- end }}
