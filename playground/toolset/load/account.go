package main

import (
	"slices"
	"sync"
	"time"
)

const faultsKept = 50

type asking struct {
	name   string
	at     time.Duration // when it was due, from the start
	took   time.Duration // from when it was due to the last byte of the answer
	late   time.Duration // from when it was due to when it was asked
	again  bool
	fault  string
	counts bool
}

// Fault is one question that was not answered as it should be; `At` in seconds from the start.
type Fault struct {
	Name string  `json:"name"`
	At   float64 `json:"at"`
	What string  `json:"what"`
}

// Cell is what there is to say about all targets of one name; times in milliseconds.
type Cell struct {
	Name   string  `json:"name"`
	Asked  int     `json:"asked"`
	Again  int     `json:"again"` // asked twice, because the connection was closed before an answer
	Faults int     `json:"faults"`
	P50    float64 `json:"p50"`
	P90    float64 `json:"p90"`
	P99    float64 `json:"p99"`
	Worst  float64 `json:"worst"`
}

// Told is the whole account: `Late` is the generator's own part, how long after its moment a question was asked.
type Told struct {
	Seconds float64        `json:"seconds"`
	Late50  float64        `json:"late_p50"`
	Late99  float64        `json:"late_p99"`
	Cells   []Cell         `json:"cells"`
	Kinds   map[string]int `json:"kinds"` // how often each fault
	First   []Fault        `json:"first"`
}

type account struct {
	lock    sync.Mutex
	askings []asking
}

func newAccount(total int) *account { return &account{askings: make([]asking, 0, total)} }

func (a *account) add(one asking) {
	a.lock.Lock()
	a.askings = append(a.askings, one)
	a.lock.Unlock()
}

func (a *account) told(whole time.Duration) Told {
	told := Told{Seconds: whole.Seconds(), Kinds: map[string]int{}, First: []Fault{}}
	cells, times := map[string]*Cell{}, map[string][]time.Duration{}
	var late []time.Duration
	var names []string
	slices.SortFunc(a.askings, func(one, other asking) int { return int(one.at - other.at) })
	for _, each := range a.askings {
		cell := cells[each.name]
		if cell == nil {
			cell = &Cell{Name: each.name}
			cells[each.name] = cell
			names = append(names, each.name)
		}
		cell.Asked++
		if each.again {
			cell.Again++
		}
		if each.fault != "" {
			cell.Faults++
			told.Kinds[each.fault]++
			if len(told.First) < faultsKept {
				told.First = append(told.First, Fault{each.name, each.at.Seconds(), each.fault})
			}
		}
		if each.counts {
			times[each.name] = append(times[each.name], each.took)
			late = append(late, each.late)
		}
	}
	for _, name := range names {
		cell, took := cells[name], times[name]
		cell.P50, cell.P90, cell.P99, cell.Worst = at(took, 0.5), at(took, 0.9), at(took, 0.99), at(took, 1)
		told.Cells = append(told.Cells, *cell)
	}
	told.Late50, told.Late99 = at(late, 0.5), at(late, 0.99)
	return told
}

// at is the smallest time that this part of all of them does not exceed, in milliseconds; 0 where there are none.
func at(times []time.Duration, part float64) float64 {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	rank := min(int(part*float64(len(sorted))), len(sorted)-1)
	return float64(sorted[rank].Microseconds()) / 1000
}
