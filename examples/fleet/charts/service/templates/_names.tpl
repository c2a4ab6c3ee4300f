{{- define "service.labels" -}}
app: {{ .Release.Name }}
{{- end }}
