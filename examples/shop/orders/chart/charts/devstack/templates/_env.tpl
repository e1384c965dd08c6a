{{/* The service's entry under `images`, as YAML; an empty map where there is none. */}}
{{- define "devstack.imageValues" -}}
{{- dig "images" (include "devstack.service" .) (dict) .Values.AsMap | default (.Values.image | default dict) | toYaml -}}
{{- end }}

{{/* The image: `ref` wins, then a digest, then a tag. */}}
{{- define "devstack.image" -}}
{{- $image := include "devstack.imageValues" . | fromYaml -}}
{{- if $image.ref -}}
{{- $image.ref -}}
{{- else if not $image.repository -}}
{{- fail (printf "no image for the service %s: set images.%s.ref" (include "devstack.service" .) (include "devstack.service" .)) -}}
{{- else if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository ($image.tag | default "latest") -}}
{{- end -}}
{{- end }}

{{/*
What a service is told about itself. It comes from values and not from the image, so that one image serves every stack.
Nothing stands here that changes without the service's content: such a change would restart its pods.
*/}}
{{- define "devstack.env" -}}
{{- $service := include "devstack.service" . -}}
{{- $image := include "devstack.imageValues" . | fromYaml -}}
- name: DEVSTACK_LABEL
  value: {{ .Values.devstack_label | default "" | quote }}
- name: DEVSTACK_COMMIT
  value: {{ .Values.commit | default (dig "devstack" "commits" $service "" .Values.AsMap) | quote }}
- name: DEVSTACK_VERSION
  value: {{ .Values.version | default $image.tag | default "" | quote }}
- name: DEVSTACK_CONTEXT_HEADER
  value: {{ include "devstack.header" . | quote }}
{{- end }}

{{/* The context header's name. */}}
{{- define "devstack.header" -}}
{{- .Values.context_header | default "uber-ctx-key" -}}
{{- end }}
