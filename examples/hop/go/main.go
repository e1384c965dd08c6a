// A service that hands the feature's context on, and says in its answer who served each hop. Standard library only.
//
//	SERVICE=prices DOWNSTREAM=orders=http://example2.com PORT=8080 go run .
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

var (
	header = env("DEVSTACK_CONTEXT_HEADER", "uber-ctx-key")
	client = http.Client{Timeout: 5 * time.Second}
)

// hop is this service's part of an answer.
func hop(service, context string, downstream map[string]any) map[string]any {
	return map[string]any{
		"service": service, "context": context, "downstream": downstream,
		"version": os.Getenv("DEVSTACK_VERSION"), "label": os.Getenv("DEVSTACK_LABEL"), "commit": os.Getenv("DEVSTACK_COMMIT"),
	}
}

// contextOf is the value of the context header: the plain one, else its member of W3C baggage.
func contextOf(asked http.Header) string {
	if value := asked.Get(header); value != "" {
		return value
	}
	for _, member := range strings.Split(strings.Join(asked.Values("Baggage"), ","), ",") {
		pair, _, _ := strings.Cut(member, ";")
		if name, value, found := strings.Cut(pair, "="); found && strings.TrimSpace(name) == header {
			if plain, err := url.PathUnescape(strings.TrimSpace(value)); err == nil {
				return plain
			}
		}
	}
	return ""
}

// handedOn is what goes with every call to another service: both forms of the context, and the baggage of others.
func handedOn(asked http.Header) http.Header {
	sent, members := http.Header{}, []string{}
	for _, member := range strings.Split(strings.Join(asked.Values("Baggage"), ","), ",") {
		name, _, _ := strings.Cut(member, "=")
		if member = strings.TrimSpace(member); member != "" && strings.TrimSpace(name) != header {
			members = append(members, member)
		}
	}
	if context := contextOf(asked); context != "" {
		sent.Set(header, context)
		members = append(members, header+"="+url.PathEscape(context))
	}
	if len(members) > 0 {
		sent.Set("Baggage", strings.Join(members, ","))
	}
	return sent
}

// ask gives the next hop's answer, or why there is none.
func ask(address string, sent http.Header) any {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	request.Header = sent
	answer, err := client.Do(request)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	defer answer.Body.Close()
	var told map[string]any
	if said := answer.Header.Get("X-Devstack-Hop"); said != "" {
		err = json.Unmarshal([]byte(said), &told)
	} else {
		err = json.NewDecoder(http.MaxBytesReader(nil, answer.Body, 1<<16)).Decode(&told)
	}
	if err != nil {
		return map[string]any{"error": answer.Status + ", " + err.Error()}
	}
	return told
}

func env(name, other string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return other
}

func main() {
	service := env("SERVICE", "hop")
	http.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) { answer.WriteHeader(http.StatusNoContent) })
	http.HandleFunc("/", func(answer http.ResponseWriter, asked *http.Request) {
		downstream, sent := map[string]any{}, handedOn(asked.Header)
		for _, each := range strings.Split(os.Getenv("DOWNSTREAM"), ",") {
			if name, address, found := strings.Cut(each, "="); found {
				downstream[name] = ask(address, sent)
			}
		}
		answer.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(answer).Encode(hop(service, contextOf(asked.Header), downstream))
	})
	log.Fatal(http.ListenAndServe(":"+env("PORT", "8080"), nil))
}
