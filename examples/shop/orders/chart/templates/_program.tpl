{{/* A Deployment of the one image: `name`, `role`, `command` and `http` of a dict argument, the rest from the values. */}}
{{- define "orders.program" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  labels: {app: {{ .name }}}
  annotations: {devstack.dev/ttl: {{ .Values.ttl | quote }}}
spec:
  replicas: 1
  selector:
    matchLabels: {app: {{ .name }}}
  template:
    metadata:
      labels: {app: {{ .name }}}
    spec:
      enableServiceLinks: false
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 5
      {{- with .Values.pullSecret }}
      imagePullSecrets: [{name: {{ . | quote }}}]
      {{- end }}
      containers:
        - name: {{ .role }}
          image: {{ .Values.image.ref | default (printf "%s:%s" .Values.image.repository .Values.image.tag) | quote }}
          command: {{ .command | toJson }}
          env:
            - {name: DEVSTACK_LABEL, value: {{ .Values.devstack_label | quote }}}
            - {name: DEVSTACK_COMMIT, value: {{ .Values.commit | quote }}}
            - {name: DEVSTACK_VERSION, value: {{ .Values.image.tag | quote }}}
            - {name: DEVSTACK_CONTEXT_HEADER, value: {{ .Values.context_header | quote }}}
          envFrom:
            # What the base's operator gives the base; a feature's own comes after it, and the later one wins.
            - secretRef: {name: orders, optional: true}
            - secretRef: {name: aws, optional: true}
            {{- include "devstack.envFrom" . | nindent 12 }}
          {{- if .http }}
          ports:
            - {name: http, containerPort: 8080}
          readinessProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 1
          {{- end }}
{{- end }}
