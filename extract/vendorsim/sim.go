package vendorsim

import (
	"sync"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// Config says which company is invented and how patient its vendors are. The
// zero value is the company of the demo.
type Config struct {
	Seed   int64
	People int       // on the first day; 0 means 2,000
	Now    time.Time // the company's first day; zero means 2 March 2026, UTC

	PotentialRoles int // in SailPoint's mining sessions; 0 means 10, negative none
	RoleInsights   int // 0 means 12, negative none; 250 is an exact page

	// Polls is how often a job or file is asked for before it is ready; 0
	// means 1: the first poll says 'not yet', the second finds it.
	// Negative: ready at the first poll.
	Polls int
	// PastEnd is the status of a SailPoint list asked for a page that begins
	// where the list ends: 0 means 200 with an empty array, as documented;
	// 404 is what some tenants answer.
	PastEnd int

	// Headers is how all exports call their columns: snake, label or odd; "" as
	// the vendors' pages and screens do. Lists that vendors document stay as they are.
	Headers export.Headers

	// StaleURL makes Oleria answer every poll of a completed job with the URL
	// of the first, expired or not. It is unknown which of the two is so.
	StaleURL bool

	URLLife   time.Duration // of signed URLs; 0 means 5 minutes, Oleria's documented life
	TokenLife time.Duration // 0 means 1 hour

	// Clock tells the servers the time, for the life of tokens and URLs; nil
	// means the wall clock. It does not touch the data.
	Clock func() time.Time
}

func (c Config) withDefaults() Config {
	if c.People <= 0 {
		c.People = 2000
	}
	if c.Now.IsZero() {
		c.Now = company.FirstDay()
	}
	c.Now = c.Now.UTC().Truncate(24 * time.Hour)
	c.PotentialRoles = defaulted(c.PotentialRoles, 10)
	c.RoleInsights = defaulted(c.RoleInsights, 12)
	c.Polls = defaulted(c.Polls, 1)
	if c.URLLife <= 0 {
		c.URLLife = 5 * time.Minute
	}
	if c.TokenLife <= 0 {
		c.TokenLife = time.Hour
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

// defaulted reads 0 as the default and less than 0 as none.
func defaulted(n, otherwise int) int {
	switch {
	case n == 0:
		return otherwise
	case n < 0:
		return 0
	}
	return n
}

// Sim is a company and what its three vendors know of it. Its methods may be
// called from several goroutines.
type Sim struct {
	cfg     Config
	faults  faultBook
	log     requestLog
	mu      sync.Mutex
	company *company.Company
	history []*snapshot // one for each generation
}

// New invents the company: generation 0. Companies of fewer than 20 people
// are made with 20, the least that the planted findings need.
func New(cfg Config) *Sim {
	cfg = cfg.withDefaults()
	cfg.People = max(cfg.People, 20)
	s := &Sim{cfg: cfg, company: company.New(company.Plan{
		Seed: cfg.Seed, People: cfg.People, FirstDay: cfg.Now, PotentialRoles: cfg.PotentialRoles, RoleInsights: cfg.RoleInsights,
	})}
	s.history = []*snapshot{s.snapshot()}
	return s
}

// Advance makes the company a day older. Exports asked for from now on deliver
// the new generation; jobs already begun keep the old one.
func (s *Sim) Advance() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.company.Advance()
	next := s.snapshot()
	next.share(s.history[len(s.history)-1])
	s.history = append(s.history, next)
}

// Generation is the number of Advance calls so far.
func (s *Sim) Generation() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.history) - 1
}

// Today is the company's date.
func (s *Sim) Today() time.Time { return s.now().today }

func (s *Sim) now() *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.history[len(s.history)-1]
}

// at is the snapshot of a generation, nil when there is none.
func (s *Sim) at(generation int) *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if generation < 0 || generation >= len(s.history) {
		return nil
	}
	return s.history[generation]
}
