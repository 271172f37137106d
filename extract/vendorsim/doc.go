// Package vendorsim is the three vendors' APIs as a local server over one
// invented company.
//
//	Config ──▶ company (people, accounts, groups, roles, requests, risks)
//	             │ Advance: people join, move and leave, access changes
//	             ▼
//	          snapshot (tables as each vendor would deliver them)
//	             ├──▶ Truth, Records, Diff     what a test compares with
//	             ├──▶ WriteFiles               exports handed over by hand
//	             └──▶ Server                   Oleria, SailPoint, BalkanID over HTTP
//	                     ▲ Faults              what goes wrong, and when
//
// The package shares no type with the code it tests and imports none of it:
// the two meet at the documented protocol only. What a vendor documents as
// refused is refused here. What no vendor documents is chosen here and said
// so in the comment beside it.
//
// Equal configurations give equal bytes: data never depends on the wall
// clock, on map order or on what was asked before. Only the lifetimes of
// tokens and signed URLs follow Config.Clock.
package vendorsim
