package config

import (
	"errors"

	"github.com/accessmart/accessmart/load/gate"
)

// rejectLimit is how many records of an export may be rejected before it is
// not loaded: the larger of a share of its records and a number.
type rejectLimit struct {
	Share float64 `yaml:"share"`
	Min   int64   `yaml:"min"`
}

var defaultRejects = rejectLimit{Share: 0.01, Min: 100}

// options are the limits in the words of package load, to which 0 means its
// own default.
func (l rejectLimit) options() (share float64, most int64) {
	share, most = l.Share, l.Min
	if share == 0 {
		share = -1
	}
	if most == 0 {
		most = -1
	}
	return share, most
}

// gateLimit is how far the rows of an export may fall before it is held: by
// more than both, or to none. A key that is not there is nil.
type gateLimit struct {
	Share      *float64 `yaml:"share"`
	Rows       *int64   `yaml:"rows"`
	AllowEmpty *bool    `yaml:"allow_empty"`
}

func (l *gateLimit) check() error {
	switch {
	case l.Share != nil && (*l.Share < 0 || *l.Share > 1):
		return errors.New("gate.share: want a share from 0 to 1")
	case l.Rows != nil && *l.Rows < 0:
		return errors.New("gate.rows: want 0 or more")
	}
	return nil
}

// over is g with what l says in its place. Who sets a limit means that and no other.
func (l *gateLimit) over(g gate.Gate) gate.Gate {
	g.Small = g.Small && *l == gateLimit{}
	if l.Share != nil {
		g.Share = *l.Share
	}
	if l.Rows != nil {
		g.Rows = *l.Rows
	}
	if l.AllowEmpty != nil {
		g.AllowEmpty = *l.AllowEmpty
	}
	return g
}

// gate is the gate of a source of the name.
func (c *Config) gate(source string) gate.Gate {
	g := c.Gate.over(gate.Default)
	for i := range c.Sources {
		if s := &c.Sources[i]; s.Name == source {
			g = s.gate.over(g)
		}
	}
	return g
}
