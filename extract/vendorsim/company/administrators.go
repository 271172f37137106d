package company

// PartnerEmail is the address of an administrator of BalkanID whom no HR record knows.
const PartnerEmail = "partner@example.net"

// Administrators are the employees who administer BalkanID itself: the first four who are there.
func (c *Company) Administrators() []*Person {
	live := c.live()
	return live[:min(4, len(live))]
}
