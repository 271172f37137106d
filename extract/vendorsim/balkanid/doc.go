// Package balkanid is BalkanID as the simulator plays it: what it knows of the
// company (Export) and how it is asked for it (API).
package balkanid
