package company

// canary is text that must never be seen outside the vendor's own bytes.
func (c *Company) canary(parts ...string) string {
	return "CANARY-" + c.letters(20, "ABCDEFGHJKMNPQRSTUVWXYZ23456789", parts...)
}

// secret makes a canary that is remembered.
func (c *Company) secret(parts ...string) string {
	s := c.canary(append([]string{"secret"}, parts...)...)
	c.secrets = append(c.secrets, s)
	return s
}

// ConnectorSecret is the canary in the metadata of an application's integration.
func (c *Company) ConnectorSecret(app *Application) string { return c.canary("connector", app.Slug) }

// HookToken is a canary in a webhook's address.
func (c *Company) HookToken() string { return c.canary("hook") }

// allSecrets are all the canaries that are planted.
func (c *Company) allSecrets() []string {
	out := append([]string{}, c.secrets...)
	for _, a := range c.Apps {
		if a.BalkanID {
			out = append(out, c.ConnectorSecret(a))
		}
	}
	return append(out, c.HookToken())
}
