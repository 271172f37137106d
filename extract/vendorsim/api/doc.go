// Package api is what the simulated vendors' APIs have in common: calls and
// answers, and a desk that hands out tokens, jobs and signed URLs.
package api
