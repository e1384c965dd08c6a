{{/*
The release's resources as a JSON list: `.resources` of a dict argument, else `resources` where that is a list (in many
charts it holds requests and limits), else `devstack.resources.<service>`. The base application has none of its own.
*/}}
{{- define "devstack.resources" -}}
{{- $found := list -}}
{{- if .Values.devstack_label -}}
{{- if hasKey . "resources" -}}
{{- $found = .resources -}}
{{- else if and .Values.resources (kindIs "slice" .Values.resources) -}}
{{- $found = .Values.resources -}}
{{- else -}}
{{- $found = dig "devstack" "resources" (include "devstack.service" .) (list) .Values.AsMap -}}
{{- end -}}
{{- if and $found (not (kindIs "slice" $found)) -}}
{{- fail (printf "resources of the service %s: a list is wanted, such as [{kind: sqs, name: orders}]" (include "devstack.service" .)) -}}
{{- end -}}
{{- end -}}
{{- $found | default (list) | toJson -}}
{{- end }}

{{/* The entry of `envFrom` that brings what the resources gave; nothing where there are none. */}}
{{- define "devstack.envFrom" -}}
{{- if include "devstack.resources" . | fromJsonArray -}}
- secretRef: {name: {{ include "devstack.secret" . }}}
{{- end -}}
{{- end }}

{{/* Names of what is made for a release: model/names.py has the same. */}}
{{- define "devstack.secret" -}}
{{- .Release.Name }}-resources
{{- end }}

{{- define "devstack.errandsSecret" -}}
{{- .Release.Name }}-run
{{- end }}

{{- define "devstack.ledger" -}}
{{- .Release.Name }}-ledger
{{- end }}

{{- define "devstack.hook" -}}
{{- .Release.Name }}-provision
{{- end }}
