// Package sailpoint is SailPoint as the simulator plays it: what it knows of
// the company (Export) and how it is asked for it (API).
package sailpoint
