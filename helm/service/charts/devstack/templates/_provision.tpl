{{/*
Hooks that make the release's resources before it is installed or upgraded, and take them away after it is uninstalled.
Nothing for the base application, and nothing for a release that has no resources and had none.
*/}}
{{- define "devstack.provision" -}}
{{- if or (include "devstack.resources" . | fromJsonArray) (include "devstack.recorded" . | fromJsonArray) }}
{{- $plan := include "devstack.plan" . | fromJson -}}
{{- include "devstack.rights" $plan }}
{{- include "devstack.files" $plan }}
{{- include "devstack.run" (merge (dict "does" "ensure" "events" "pre-install,pre-upgrade") $plan) }}
{{- include "devstack.run" (merge (dict "does" "remove" "events" "post-delete") $plan) }}
{{- end }}
{{- end }}

{{/*
Keys of the ledger that earlier deploys left, as a JSON list: what a list no longer has is taken away, and the ledger too.
*/}}
{{- define "devstack.recorded" -}}
{{- $ledger := dict -}}
{{- if .Values.devstack_label -}}
{{- $ledger = lookup "v1" "ConfigMap" .Release.Namespace (include "devstack.ledger" .) | default dict -}}
{{- end -}}
{{- $ledger.data | default dict | keys | sortAlpha | toJson -}}
{{- end }}

{{/* All that the hooks are made from, as JSON. The chart's own `provision` goes before what the bot handed. */}}
{{- define "devstack.plan" -}}
{{- $service := include "devstack.service" . -}}
{{- $own := ternary .Values.provision dict (kindIs "map" .Values.provision) -}}
{{- $provision := merge (deepCopy $own) (dig "devstack" "provision" (dict) .Values.AsMap) -}}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$" .Values.devstack_label) -}}
{{- fail (printf "devstack_label %q may only hold a-z, 0-9 and -" .Values.devstack_label) -}}
{{- end -}}
{{- if not $provision.image -}}
{{- fail (printf "resources of the service %s: no image is known that makes them. Set provision.image; with the bot, its operator sets provision.image in the chart `bot`" $service) -}}
{{- end -}}
{{- $pull := include "devstack.pullSecrets" (merge (dict "more" $provision.imagePullSecrets) .) | fromJsonArray -}}
{{- $names := dict "hook" (include "devstack.hook" .) "secret" (include "devstack.secret" .) "run" (include "devstack.errandsSecret" .) "ledger" (include "devstack.ledger" .) -}}
{{- $task := dict
  "stack" (include "devstack.owner" .)
  "label" .Values.devstack_label
  "service" $service
  "release" .Release.Name
  "namespace" .Release.Namespace
  "image" (include "devstack.ownImage" .)
  "imagePullSecrets" $pull
  "resources" (include "devstack.resources" . | fromJsonArray)
  "deadlineSeconds" ($provision.deadlineSeconds | default 240 | int)
  "parallel" ($provision.parallel | default 4 | int)
  "keepLedger" (include "devstack.stack" . | empty | not)
  "hook" ($provision.hook | default "pod")
-}}
{{- dict "provision" $provision "names" $names "task" $task "recorded" (include "devstack.recorded" . | fromJsonArray) | toJson -}}
{{- end }}

{{/* Names of pull secrets, for the hooks' image and for the service's own, as a JSON list; some charts write texts. */}}
{{- define "devstack.pullSecrets" -}}
{{- $names := list (dig "devstack" "pull_secret" "" .Values.AsMap) -}}
{{- range list .more .Values.imagePullSecrets -}}
{{- if kindIs "slice" . -}}
{{- range . -}}
{{- if kindIs "map" . -}}
{{- $names = append $names .name -}}
{{- else -}}
{{- $names = append $names . -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- compact $names | uniq | toJson -}}
{{- end }}

{{/* The service's own image for `migrate: {image: self}`: `.image` of a dict argument, else as `devstack.image` has it. */}}
{{- define "devstack.ownImage" -}}
{{- $image := dig "images" (include "devstack.service" .) (dict) .Values.AsMap | default .Values.image -}}
{{- if kindIs "string" .image -}}
{{- .image -}}
{{- else if kindIs "string" $image -}}
{{- $image -}}
{{- else if and $image (or $image.ref $image.repository) -}}
{{- include "devstack.image" . -}}
{{- end -}}
{{- end }}

{{/* The name of whom the resources belong to: the Stack, without a bot the release. */}}
{{- define "devstack.owner" -}}
{{- include "devstack.stack" . | default (printf "%s-%s" .Release.Namespace .Release.Name) -}}
{{- end }}
