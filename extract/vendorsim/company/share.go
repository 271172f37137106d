package company

import (
	"fmt"
	"slices"
	"time"
)

// Guest is somebody outside with whom resources are shared.
type Guest struct {
	Name, Email string
	Freemail    bool      // the address is one that anybody can have
	LastSeen    time.Time // zero: unknown
	Shared      []*Resource
}

// SharedIn are the guest's resources of an application.
func (g *Guest) SharedIn(app *Application) []*Resource {
	return slices.DeleteFunc(slices.Clone(g.Shared), func(r *Resource) bool { return r.app != app })
}

// makeGuests shares every second drive with a guest of its own and every third with whoever has
// the link. The first guest is in a repository too.
func (c *Company) makeGuests() {
	for i, r := range c.App("google").Resources {
		r.Public = i%3 == 0
		if r.Public {
			r.SharedBy = c.sharer(r)
		}
		if i%2 == 0 {
			c.invite(r)
		}
	}
	c.share(c.App("github").Resources[0], c.Guests[0])
}

// shareMore closes one drive to those who only have the link, and shares another with a guest.
func (c *Company) shareMore() {
	drives := c.App("google").Resources
	for _, r := range drives {
		if r.Public {
			r.Public = false
			break
		}
	}
	if n := 2*c.Generation - 1; n < len(drives) {
		c.invite(drives[n])
	}
}

// invite shares a resource with a guest who is new.
func (c *Company) invite(r *Resource) {
	n := len(c.Guests)
	g := &Guest{Name: fmt.Sprintf("Guest %d", n), Email: fmt.Sprintf("guest%d@example.net", n), Freemail: n%2 == 0}
	if n%4 != 3 {
		g.LastSeen = c.Plan.FirstDay.AddDate(0, 0, -3*n)
	}
	c.Guests = append(c.Guests, g)
	c.share(r, g)
}

func (c *Company) share(r *Resource, g *Guest) {
	r.Guests, g.Shared, r.SharedBy = append(r.Guests, g), append(g.Shared, r), c.sharer(r)
}

func (c *Company) sharer(r *Resource) *Person {
	return c.People[c.Roll(len(c.People), "sharer", r.ID)]
}
