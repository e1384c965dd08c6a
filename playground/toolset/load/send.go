package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const bodyMax = 1 << 16

// Plan is what to ask, and how often. The groups take turns, `Block` requests each; within a group the targets do.
type Plan struct {
	Rate    float64    `json:"rate"`    // requests a second, all targets together
	Seconds float64    `json:"seconds"` // ends earlier where the process is asked to
	Timeout float64    `json:"timeout"` // seconds that one request may take
	WarmUp  float64    `json:"warm_up"` // seconds at the start whose times do not count; their faults do
	Block   int        `json:"block"`
	Groups  [][]Target `json:"groups"`
}

// Target is one kind of request, and what its answer must be.
type Target struct {
	Name    string            `json:"name"` // several targets may share a name: they count together
	URL     string            `json:"url"`
	Host    string            `json:"host"`
	Headers map[string]string `json:"headers"`
	Says    string            `json:"says"`   // what the body must hold
	Expect  map[string]string `json:"expect"` // how headers of the answer must begin; empty: must be absent
}

// send asks at the planned moments, whether or not earlier questions were answered: a slow answer delays no later question.
// Times count from the planned moment, so that a question that could not be asked in time counts as waiting.
func send(ctx context.Context, plan Plan) (Told, error) {
	if plan.Rate <= 0 || len(plan.Groups) == 0 {
		return Told{}, errors.New("a plan needs a rate and groups")
	}
	debug.SetGCPercent(400)
	client := &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			MaxIdleConnsPerHost: 1024,
			DisableCompression:  true,
		},
		Timeout:       time.Duration(plan.Timeout * float64(time.Second)),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	total := int(plan.Rate * plan.Seconds)
	account := newAccount(total)
	asked := make([]int, len(plan.Groups))
	interval := float64(time.Second) / plan.Rate
	var waiting sync.WaitGroup
	runtime.LockOSThread()
	began := time.Now()
	for number := 0; number < total && ctx.Err() == nil; number++ {
		turn := number / max(plan.Block, 1) % len(plan.Groups)
		group := plan.Groups[turn]
		target := &group[asked[turn]%len(group)]
		asked[turn]++
		after := time.Duration(float64(number) * interval)
		due := began.Add(after)
		sleepUntil(due)
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			late := time.Since(due)
			again, fault := ask(client, target)
			account.add(asking{
				name: target.Name, took: time.Since(due), late: late, again: again, fault: fault, at: after,
				counts: after.Seconds() >= plan.WarmUp,
			})
		}()
	}
	waiting.Wait()
	return account.told(time.Since(began)), nil
}

// sleepUntil is as exact as the kernel's timers; those of Go's scheduler are exact to a millisecond.
func sleepUntil(due time.Time) {
	for left := time.Until(due); left > 0; left = time.Until(due) {
		span := syscall.NsecToTimespec(left.Nanoseconds())
		_ = syscall.Nanosleep(&span, nil)
	}
}

// ask gives what was wrong with the answer, and whether the client had to ask again because a connection was closed on it.
func ask(client *http.Client, target *Target) (again bool, fault string) {
	var connections atomic.Int32
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connections.Add(1) }}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), "GET", target.URL, nil)
	if err != nil {
		return false, err.Error()
	}
	request.Host = target.Host
	for name, value := range target.Headers {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		return false, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyMax))
	again = connections.Load() > 1
	if err != nil {
		return again, err.Error()
	}
	return again, wrong(target, response, string(body))
}

func wrong(target *Target, response *http.Response, body string) string {
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Sprintf("status %d", response.StatusCode)
	}
	if !strings.Contains(body, target.Says) {
		return fmt.Sprintf("says %.60q", body)
	}
	for name, value := range target.Expect {
		if found := response.Header.Get(name); (value == "") != (found == "") || !strings.HasPrefix(found, value) {
			return fmt.Sprintf("%s: %q", name, found)
		}
	}
	return ""
}
