{{/*
What a rule says of the request's context, as one operand of `&&`: the plain header, or W3C baggage where that has no value.
Takes a dict of header, label and syntax (v2 or v3). The same text as the bot's own routes have.
*/}}
{{- define "devstack.contextMatch" -}}
{{- $exactly := ternary "Headers" "Header" (eq .syntax "v2") -}}
{{- $value := "" -}}
{{- range $character := splitList "" .label -}}
{{- $hex := printf "%X" $character -}}
{{- range $letter := list "A" "B" "C" "D" "E" "F" -}}
{{- $hex = replace $letter (printf "[%s%s]" $letter (lower $letter)) $hex -}}
{{- end -}}
{{- $value = printf "%s(?:%s|%%%s)" $value $character $hex -}}
{{- end -}}
{{- $key := regexReplaceAll "[$*+.^|]" .header "\\${0}" -}}
{{- $naming := printf `%s[ \t]*=[ \t]*%s[ \t]*(?:[,;]|$)` $key $value -}}
(
{{- printf "%s(`%s`, `%s`)" $exactly .header .label -}}
{{- printf " || %sRegexp(`baggage`, `%s`)" $exactly $naming -}}
{{- printf " && (%sRegexp(`baggage`, `(?:^|,)[ \\t]*%s`)" $exactly $naming -}}
{{- printf " && !%sRegexp(`%s`, `.`)" $exactly .header -}}
))
{{- end }}
