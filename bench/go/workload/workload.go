// Package workload holds what every rival written in Go shares: the pseudo-random sequence, the
// command line "name key=value …" and the result line. bench/workload.ts is its twin, number for
// number: change one, change both.
package workload

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
)

// Random is xorshift32. It never holds zero.
type Random uint32

// Next advances the sequence and returns the new state.
func (r *Random) Next() uint32 {
	x := uint32(*r)
	x ^= x << 13
	x ^= x >> 17
	x ^= x << 5
	*r = Random(x)
	return x
}

// Below returns the next number scaled to 0 … n−1.
func (r *Random) Below(n uint32) uint32 {
	return uint32(uint64(r.Next()) * uint64(n) >> 32)
}

// Seed is where every workload's sequence starts.
const Seed Random = 0x2545f491

// Params are the "key=value" words of a case.
type Params map[string]string

// Parse splits a case's words.
func Parse(words []string) Params {
	p := Params{}
	for _, w := range words {
		key, value, ok := strings.Cut(w, "=")
		if !ok {
			Fail("not key=value: " + w)
		}
		p[key] = value
	}
	return p
}

// Int returns a number of the case; a missing one ends the program.
func (p Params) Int(key string) int {
	n, err := strconv.Atoi(p[key])
	if err != nil {
		Fail("the case needs " + key + "=<number>")
	}
	return n
}

// Text returns a word of the case; a missing one ends the program.
func (p Params) Text(key string) string {
	if p[key] == "" {
		Fail("the case needs " + key + "=<text>")
	}
	return p[key]
}

// Emit prints one result line. check identifies the work that was done: two participants that
// report different checks did not measure the same thing.
func Emit(name string, params Params, fields map[string]interface{}) {
	out := map[string]interface{}{"name": name, "params": params}
	for k, v := range fields {
		out[k] = v
	}
	line, err := json.Marshal(out)
	if err != nil {
		Fail(err.Error())
	}
	fmt.Println(string(line))
}

// Median returns the middle value; the slice is sorted in place.
func Median(v []float64) float64 {
	sort.Float64s(v)
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}

// Fail ends the program with a message.
func Fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(2)
}
