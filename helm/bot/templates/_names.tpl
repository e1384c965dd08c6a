{{- define "bot.fullname" -}}
{{- if contains "devstack" .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-devstack{{ end -}}
{{- end }}

{{/* Labels of a component: (list root "receiver"). */}}
{{- define "bot.selector" -}}
app.kubernetes.io/name: devstack
app.kubernetes.io/instance: {{ (index . 0).Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "bot.labels" -}}
{{ include "bot.selector" . }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
{{- end }}

{{- define "bot.image" -}}
{{- $root := index . 0 -}}
{{- printf "%s%s:%s" $root.Values.image.registry (index $root.Values.image (index . 1)) ($root.Values.image.tag | default $root.Chart.AppVersion) | quote -}}
{{- end }}
