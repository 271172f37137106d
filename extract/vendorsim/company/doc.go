// Package company is an invented company: the truth that the simulated vendors
// look at.
//
//	Plan ──▶ New      people, applications, accounts, groups, roles, policies, requests, risks
//	          │ Advance: people join, move and leave, access changes
//	          └──▶ Truth: what was planted for a reader to find
//
// It knows nothing of exports and protocols. It does know which vendor sees
// which application and under which ids, as those are facts about the company.
// Equal plans give equal companies, generation by generation.
package company
