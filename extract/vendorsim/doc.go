// Package vendorsim is the three vendors' APIs as a local server over one
// invented company.
//
//	company                          the truth: people, accounts, access, what was planted
//	   ▼
//	oleria   sailpoint   balkanid    what each vendor knows of it, and its API
//	   ▼
//	vendorsim
//	   Sim      the generations of a company; Advance makes it a day older
//	    ├──▶ Truth, Records, Diff     what a test compares with
//	    ├──▶ WriteFiles, WriteForms   exports handed over by hand, files made by hand
//	    └──▶ Server                   all three vendors over HTTP
//	            ▲ Faults              what goes wrong, and when
//
// A vendor knows the company and not the other vendors. What they share is the
// form of exports (export) and of APIs (api), never their content.
//
// It shares no type with the code that it tests and imports none of it:
// the two meet at the documented protocol only. What a vendor documents as
// refused is refused here. What no vendor documents is chosen here and said
// so in the comment beside it.
//
// Equal configurations give equal bytes: data never depends on the wall
// clock, on map order or on what was asked before. Only the lifetimes of
// tokens and signed URLs follow Config.Clock.
package vendorsim
