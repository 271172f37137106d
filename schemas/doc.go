// Package schemas holds what the other packages of the program agree on: the contracts of
// the vendors' exports and the tables of the common model, both as YAML, and the Go types
// that extract, transform and load exchange.
//
//	common.yaml            the vendor-neutral tables (schema observed)
//	<vendor>/<plural>.yaml one contract for each dataset <vendor>.<plural>
//
// Invariants:
//   - A [Set] that [Load] returns is valid: each column, path, table and word that a
//     contract names exists, and types fit. Other packages rely on that.
//   - A contract is data: the same contract makes the same rows of the same bytes. So an
//     export of the same bytes must be reloaded only if the fingerprint of its contract
//     changed.
//   - This package imports nothing else of the module.
package schemas
