package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform"
)

// gateTrial asks the gate of a file that holds all good deliveries, as a refresh the
// day after does. What it holds changes nothing, so that one run asks it of many.
type gateTrial struct {
	t    *testing.T // the whole test, which the run outlives
	base string     // database file
	w    *load.Work // begun on it, nil when it must be begun anew
}

func newGate(t *testing.T, good []*delivery) *gateTrial {
	t.Helper()
	g := &gateTrial{t: t, base: filepath.Join(t.TempDir(), "base.duckdb")}
	t.Cleanup(g.discard)
	g.begin(good[0].set, "01J00000000000000000000001")
	for _, d := range good {
		if err := g.put(d, d.data); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.w.Publish(t.Context(), ledger.RunDone); err != nil {
		t.Fatal(err)
	}
	g.w = nil
	return g
}

func (g *gateTrial) begin(set *schemas.Set, run string) {
	g.t.Helper()
	w, err := load.Begin(g.t.Context(), load.Options{Path: g.base, Set: set, Run: ledger.Run{ID: run}, StatementsOnly: true, Threads: 1})
	if err != nil {
		g.t.Fatal(err)
	}
	g.w = w
}

func (g *gateTrial) put(d *delivery, parts ...[]byte) error {
	e := &schemas.Export{Source: "s", Vendor: d.contract.Vendor(), Dataset: d.dataset, Complete: true}
	for i := range parts {
		e.Parts = append(e.Parts, schemas.Part{Artifact: fmt.Sprintf("%064d", i), Context: d.context})
	}
	ctx := g.t.Context()
	s, err := transform.Open(ctx, d.contract, d.set.Common, d.inputs(parts...), transform.Options{Source: "s", Contracts: d.set.All()})
	if err == nil {
		_, err = g.w.Load(ctx, e, d.contract, s)
	}
	return err
}

// holds reports whether the delivery is held, or refused.
func (g *gateTrial) holds(d *delivery, parts ...[]byte) bool {
	g.t.Helper()
	if g.w == nil {
		g.begin(d.set, "01J00000000000000000000002")
	}
	err := g.put(d, parts...)
	if held := (*gate.HeldError)(nil); !errors.As(err, &held) {
		g.discard() // it loaded something, or failed in its midst
	}
	return err != nil
}

func (g *gateTrial) discard() {
	if g.w == nil {
		return
	}
	if err := g.w.Discard(); err != nil {
		g.t.Error(err)
	}
	g.w = nil
}
