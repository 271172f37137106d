package vendorsim

// canary is text that must never be seen outside the vendor's own bytes.
func (c *company) canary(parts ...string) string {
	return "CANARY-" + c.letters(20, "ABCDEFGHJKMNPQRSTUVWXYZ23456789", parts...)
}

// secret makes a canary that is remembered.
func (c *company) secret(parts ...string) string {
	s := c.canary(append([]string{"secret"}, parts...)...)
	c.secrets = append(c.secrets, s)
	return s
}

// connectorSecret is the canary in the metadata of an application's integration.
func (c *company) connectorSecret(app *application) string { return c.canary("connector", app.slug) }

// hookToken is a canary in a webhook's address.
func (c *company) hookToken() string { return c.canary("hook") }

// allSecrets are all the canaries that are planted.
func (c *company) allSecrets() []string {
	out := append([]string{}, c.secrets...)
	for _, a := range c.apps {
		if a.balkanid {
			out = append(out, c.connectorSecret(a))
		}
	}
	return append(out, c.hookToken())
}
