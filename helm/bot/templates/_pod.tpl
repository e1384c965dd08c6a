{{/* What every pod of the bot has: (list root component). */}}
{{- define "bot.podMetadata" -}}
{{- $root := index . 0 -}}
labels:
  {{- include "bot.labels" . | nindent 2 }}
annotations:
  checksum/settings: {{ include "bot.settings" $root | sha256sum }}
  {{- with $root.Values.podAnnotations }}{{ toYaml . | nindent 2 }}{{- end }}
{{- end }}

{{- define "bot.podDefaults" -}}
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Security of what runs no builds. */}}
{{- define "bot.unprivilegedPod" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "bot.unprivileged" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* The settings as environment, one name a line. */}}
{{- define "bot.settings" -}}
DEVSTACK_NAMESPACE: {{ .Release.Namespace | quote }}
DEVSTACK_BUILDER: {{ .Values.builder.kind | quote }}
{{- if eq .Values.builder.kind "buildkit" }}
DEVSTACK_BUILDKIT_ADDRESS: {{ .Values.builder.buildkitAddress | quote }}
{{- end }}
{{- if .Values.redis.enabled }}
DEVSTACK_REDIS_URL: {{ printf "redis://%s-redis:6379/0" (include "bot.fullname" .) | quote }}
{{- else if not .Values.redis.urlKey }}
DEVSTACK_REDIS_URL: {{ .Values.redis.url | quote }}
{{- end }}
{{- if .Values.registryAuth.existingSecret }}
DEVSTACK_REGISTRY_AUTH_FILE: /etc/devstack/registry/config.json
{{- end }}
{{- if .Values.caBundle.configMap }}
DEVSTACK_BUILD_CA_BUNDLE: /etc/devstack/ca/ca.crt
{{- range list "SSL_CERT_FILE" "REQUESTS_CA_BUNDLE" "GIT_SSL_CAINFO" "CURL_CA_BUNDLE" }}
{{ . }}: /etc/devstack/ca/ca.crt
{{- end }}
{{- end }}
{{- if .Values.probe.ca.configMap }}
DEVSTACK_PROBE_CA: /etc/devstack/probe-ca/ca.crt
{{- end }}
{{- if .Values.probe.insecure }}
DEVSTACK_PROBE_INSECURE: "true"
{{- end }}
{{- if not .Values.builder.layerCache }}
DEVSTACK_BUILD_LAYER_CACHE: "false"
{{- end }}
{{- with .Values.provision.image }}
DEVSTACK_HOOK_IMAGE: {{ . | quote }}
{{- end }}
{{- with .Values.provision.secret }}
DEVSTACK_PROVIDER_SECRET: {{ . | quote }}
{{- end }}
{{- range $name, $value := .Values.settings }}
DEVSTACK_{{ upper $name }}: {{ (kindIs "float64" $value | ternary (toJson $value) (toString $value)) | quote }}
{{- end }}
{{- end }}

{{- define "bot.envFrom" -}}
- configMapRef: {name: {{ include "bot.fullname" . }}}
{{- end }}

{{/* One environment entry from the existing Secret: (list root NAME key). */}}
{{- define "bot.secretEnv" -}}
- name: {{ index . 1 }}
  valueFrom: {secretKeyRef: {name: {{ (index . 0).Values.secrets.existingSecret }}, key: {{ index . 2 }}}}
{{- end }}

{{- define "bot.redisEnv" -}}
{{- if and (not .Values.redis.enabled) .Values.redis.urlKey }}
{{ include "bot.secretEnv" (list . "DEVSTACK_REDIS_URL" .Values.redis.urlKey) }}
{{- end }}
{{- end }}

{{- define "bot.githubEnv" -}}
{{- $keys := .Values.secrets.keys -}}
{{- if .Values.secrets.app }}
{{ include "bot.secretEnv" (list . "DEVSTACK_GITHUB_APP_ID" $keys.appId) }}
{{ include "bot.secretEnv" (list . "DEVSTACK_GITHUB_APP_PRIVATE_KEY" $keys.appPrivateKey) }}
{{- else }}
{{ include "bot.secretEnv" (list . "DEVSTACK_GITHUB_TOKEN" $keys.token) }}
{{- end }}
{{- end }}

{{/* What default labels are made from: for whoever decides what a pull request is called. */}}
{{- define "bot.labelEnv" -}}
{{- with .Values.secrets.keys.labelSecret }}
{{ include "bot.secretEnv" (list $ "DEVSTACK_LABEL_SECRET" .) }}
{{- end }}
{{- end }}

{{- define "bot.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if .Values.caBundle.configMap }}
- {name: ca, mountPath: /etc/devstack/ca, readOnly: true}
{{- end }}
{{- end }}

{{- define "bot.probeMount" -}}
{{- if .Values.probe.ca.configMap }}
- {name: probe-ca, mountPath: /etc/devstack/probe-ca, readOnly: true}
{{- end }}
{{- end }}

{{- define "bot.probeVolume" -}}
{{- if .Values.probe.ca.configMap }}
- name: probe-ca
  configMap:
    name: {{ .Values.probe.ca.configMap }}
    items: [{key: {{ .Values.probe.ca.key }}, path: ca.crt}]
{{- end }}
{{- end }}

{{- define "bot.volumes" -}}
- {name: tmp, emptyDir: {}}
{{- if .Values.caBundle.configMap }}
- name: ca
  configMap:
    name: {{ .Values.caBundle.configMap }}
    items: [{key: {{ .Values.caBundle.key }}, path: ca.crt}]
{{- end }}
{{- end }}

{{- define "bot.registryMount" -}}
{{- if .Values.registryAuth.existingSecret }}
- {name: registry, mountPath: /etc/devstack/registry, readOnly: true}
{{- end }}
{{- end }}

{{- define "bot.registryVolume" -}}
{{- if .Values.registryAuth.existingSecret }}
- name: registry
  secret:
    secretName: {{ .Values.registryAuth.existingSecret }}
    items: [{key: .dockerconfigjson, path: config.json}]
{{- end }}
{{- end }}
