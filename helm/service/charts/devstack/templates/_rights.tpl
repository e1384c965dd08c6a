{{/* What the hooks may do: an account, a Role in the release's namespace, and one in each that something is copied from. */}}
{{- define "devstack.rights" -}}
{{- $here := .task.namespace -}}
{{- $sources := include "devstack.sources" . | fromJson }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "devstack.hookMetadata" (merge (dict "weight" -10) .) | nindent 2 }}
  {{- with (.provision.serviceAccount | default dict).annotations }}
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- $rules := concat (include "devstack.rules" . | fromYamlArray) (get $sources $here | default list) }}
{{- include "devstack.role" (merge (dict "rules" $rules "weight" -9) .) }}
{{- range $namespace, $rules := omit $sources $here }}
{{- $there := merge (dict "namespace" $namespace "name" (printf "%s-%s" $.names.hook $here)) $ }}
{{- include "devstack.role" (merge (dict "rules" $rules "weight" -7 "events" "pre-install,pre-upgrade") $there) }}
{{- /* A helm that was killed leaves them in a namespace that does not go with the stack: at the end they go for sure. */}}
{{- include "devstack.role" (merge (dict "rules" (list) "weight" 5 "events" "post-delete") $there) }}
{{- end }}
{{- end }}

{{/* A Role and its binding to the hooks' account. */}}
{{- define "devstack.role" }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "devstack.hookMetadata" . | nindent 2 }}
rules: {{ toYaml .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "devstack.hookMetadata" (merge (dict "weight" (add1 .weight)) .) | nindent 2 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ .name | default .names.hook }}}
subjects: [{kind: ServiceAccount, name: {{ .names.hook }}, namespace: {{ .task.namespace }}}]
{{- end }}

{{/* Where base Secrets and ConfigMaps are read: a map of namespaces to rules, each naming the objects. */}}
{{- define "devstack.sources" -}}
{{- $plurals := dict "secret" "secrets" "configmap" "configmaps" -}}
{{- $read := dict -}}
{{- range $resource := .task.resources -}}
{{- $plural := get $plurals $resource.kind -}}
{{- $from := ternary $resource.from dict (kindIs "map" $resource.from) -}}
{{- if and $plural $from.name -}}
{{- $namespace := $from.namespace | default $.task.namespace -}}
{{- $names := get (get $read $namespace | default dict) $plural | default list -}}
{{- $_ := set $read $namespace (merge (dict $plural (append $names $from.name | uniq)) (get $read $namespace | default dict)) -}}
{{- end -}}
{{- end -}}
{{- $sources := dict -}}
{{- range $namespace, $plurals := $read -}}
{{- $rules := list -}}
{{- range $plural, $names := $plurals -}}
{{- $rules = append $rules (dict "apiGroups" (list "") "resources" (list $plural) "resourceNames" $names "verbs" (list "get")) -}}
{{- end -}}
{{- $_ := set $sources $namespace $rules -}}
{{- end -}}
{{- $sources | toJson -}}
{{- end }}

{{/*
Rules for the release's namespace, no more than hooks/ makes use of. What can be bound to names is; to create and to list
takes none. Errands are Pods in an image of their own, for kinds that run a command.
*/}}
{{- define "devstack.rules" -}}
- {apiGroups: [""], resources: [secrets], resourceNames: [{{ .names.secret }}, {{ .names.run }}], verbs: [get, patch, delete]}
- {apiGroups: [""], resources: [configmaps], resourceNames: [{{ .names.ledger }}], verbs: [get, patch, delete]}
- {apiGroups: [""], resources: [secrets, configmaps], verbs: [create]}
- {apiGroups: [apps], resources: [deployments, statefulsets, daemonsets], verbs: [list, patch]}
{{- if include "devstack.errands" . }}
- {apiGroups: [""], resources: [pods], verbs: [get, list, create, delete]}
- {apiGroups: [""], resources: [pods/log], verbs: [get]}
{{- else }}
- {apiGroups: [""], resources: [pods], verbs: [list]}
{{- end }}
{{- end }}

{{/* Whether hooks run commands in Pods: for a list that has some, and to undo or end those of an earlier deploy. */}}
{{- define "devstack.errands" -}}
{{- range .task.resources -}}
{{- if or (eq .kind "job") .migrate (get (ternary .seed dict (kindIs "map" .seed)) "command") -}}yes{{- end -}}
{{- end -}}
{{- range .recorded -}}
{{- if regexMatch "^(job|mysql|postgres)[.]" . -}}yes{{- end -}}
{{- end -}}
{{- end }}
