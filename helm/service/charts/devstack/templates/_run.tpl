{{/* Name, namespace, marks and hook annotations of one of the hooks' objects. Further annotations may follow. */}}
{{- define "devstack.hookMetadata" -}}
name: {{ .name | default .names.hook }}
namespace: {{ .namespace | default .task.namespace }}
labels:
  {{- include "devstack.hookLabels" . | nindent 2 }}
annotations:
  helm.sh/hook: {{ .events | default "pre-install,pre-upgrade,post-delete" }}
  helm.sh/hook-weight: {{ .weight | default 0 | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{- define "devstack.hookLabels" -}}
{{- $task := .task -}}
devstack.dev/hook: {{ $task.release | quote }}
devstack.dev/service: {{ include "devstack.short" $task.service | quote }}
devstack.dev/stack: {{ include "devstack.short" $task.stack | quote }}
devstack.dev/label: {{ $task.label | quote }}
{{- end }}

{{/* A text as a label's value, as `dns_label` of model/names.py has it. */}}
{{- define "devstack.short" -}}
{{- $clean := regexReplaceAll "[^a-z0-9]+" (lower .) "-" | trimAll "-" -}}
{{- if and (eq $clean (lower .)) (le (len $clean) 63) -}}
{{- $clean -}}
{{- else -}}
{{- printf "%s-%s" (trunc 56 $clean | trimAll "-") (sha256sum . | trunc 6) -}}
{{- end -}}
{{- end }}

{{/* Files of the repository that resources name, each compressed, under the keys that the bot gave them. */}}
{{- define "devstack.files" -}}
{{- with .provision.files }}
{{- if gt (len (values . | join "")) 409600 }}
{{- fail (printf "resources of the service %s: their files have more than 300 KiB when compressed, which helm cannot carry. Put the largest into a bucket" $.task.service) }}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "devstack.hookMetadata" (merge (dict "weight" -5) $) | nindent 2 }}
binaryData: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The Pod that does the work, or the Job that makes it. */}}
{{- define "devstack.run" }}
---
{{- if eq .task.hook "job" }}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "devstack.hookMetadata" . | nindent 2 }}
spec:
  activeDeadlineSeconds: {{ add .task.deadlineSeconds 30 }}
  # A Pod that ended by itself has tried for as long as it may; one that was evicted has not.
  backoffLimit: 2
  podFailurePolicy:
    rules:
      - {action: FailJob, onExitCodes: {containerName: provision, operator: In, values: [1, 2, 3]}}
  template:
    metadata:
      labels:
        {{- include "devstack.hookLabels" . | nindent 8 }}
    spec:
      {{- include "devstack.pod" . | nindent 6 }}
{{- else if eq .task.hook "pod" }}
apiVersion: v1
kind: Pod
metadata:
  {{- include "devstack.hookMetadata" . | nindent 2 }}
spec:
  activeDeadlineSeconds: {{ add .task.deadlineSeconds 30 }}
  {{- include "devstack.pod" . | nindent 2 }}
{{- else }}
{{- fail (printf "provision.hook is %q; it can be pod or job" .task.hook) }}
{{- end }}
{{- end }}

{{/* What both are about. `$` stands escaped in the task, since Kubernetes would put variables in place of `$(NAME)`. */}}
{{- define "devstack.pod" -}}
{{- $task := toJson .task | replace "$" "\\u0024" -}}
{{- if gt (len $task) 100000 }}
{{- fail (printf "resources of the service %s: the list has more than 100,000 characters. Put what is long into files" .task.service) }}
{{- end -}}
{{- $files := and .provision.files (eq .does "ensure") -}}
serviceAccountName: {{ .names.hook }}
automountServiceAccountToken: true
enableServiceLinks: false
restartPolicy: Never
terminationGracePeriodSeconds: 10
{{- with .task.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - {name: {{ . | quote }}}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
containers:
  - name: provision
    image: {{ .provision.image | quote }}
    imagePullPolicy: IfNotPresent
    args: [{{ .does }}]
    env:
      - name: DEVSTACK_TASK
        value: {{ $task | quote }}
      {{- if kindIs "map" .provision.env }}
      {{- range $name, $value := .provision.env }}
      - name: {{ $name }}
        value: {{ $value | toString | quote }}
      {{- end }}
      {{- else }}
      {{- with .provision.env }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
      {{- end }}
    {{- with .provision.envFrom }}
    envFrom: {{ toYaml . | nindent 6 }}
    {{- end }}
    terminationMessagePolicy: File
    resources: {{ .provision.podResources | default (dict "requests" (dict "cpu" "50m" "memory" "64Mi") "limits" (dict "memory" "512Mi")) | toYaml | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
      {{- if $files }}
      - {name: files, mountPath: /files, readOnly: true}
      {{- end }}
volumes:
  - {name: tmp, emptyDir: {}}
  {{- if $files }}
  - name: files
    configMap: {name: {{ .names.hook }}}
  {{- end }}
{{- end }}
