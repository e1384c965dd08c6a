package main

import (
	"net/http"
	"testing"
)

func TestEitherFormOfTheContextBecomesBoth(t *testing.T) {
	for _, each := range []struct{ plain, baggage, sentPlain, sentBaggage string }{
		{"", "", "", ""},
		{"f1", "", "f1", "uber-ctx-key=f1"},
		{"", "uber-ctx-key=f1", "f1", "uber-ctx-key=f1"},
		{"", "user=7;p=1, uber-ctx-key = f1 ;q", "f1", "user=7;p=1,uber-ctx-key=f1"},
		{"", "user=7", "", "user=7"},
		{"f1", "uber-ctx-key=f2,user=7", "f1", "user=7,uber-ctx-key=f1"},
		{"", "other-uber-ctx-key=f1", "", "other-uber-ctx-key=f1"},
		{"a b,c", "", "a b,c", "uber-ctx-key=a%20b%2Cc"},
	} {
		asked := http.Header{}
		if each.plain != "" {
			asked.Set(header, each.plain)
		}
		if each.baggage != "" {
			asked.Set("Baggage", each.baggage)
		}
		sent := handedOn(asked)
		if sent.Get(header) != each.sentPlain || sent.Get("Baggage") != each.sentBaggage {
			t.Errorf("%+v was handed on as %q and %q", each, sent.Get(header), sent.Get("Baggage"))
		}
	}
}
