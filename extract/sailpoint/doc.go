// Package sailpoint speaks the parts of SailPoint Identity Security Cloud's
// API that tell of access: role mining, sp-config and role insights.
//
//	role_mining    sessions ─▶ potential roles ─▶ export-async, poll, ZIP (or the JSON lists)
//	sp_config      POST export ─▶ poll ─▶ one JSON document
//	role_insights  insights ─▶ one CSV of entitlement changes each
//
// Facts: github.com/sailpoint-oss/api-specs and developer.sailpoint.com.
// Each job is an `export: {job: …}` of a contract.
package sailpoint
