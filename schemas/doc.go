// Package schemas holds what every other package of the program agrees on: the
// contracts of the vendors' exports and the tables of the common model, both
// as YAML, and the few Go types in which extract, transform and load meet.
//
//	common.yaml            the vendor-neutral tables (schema main)
//	<vendor>/<plural>.yaml one contract for each dataset <vendor>.<plural>
//
// Invariants:
//   - A [Set] that [Load] returns is valid: each column, path, table and word
//     that a contract names exists, and types fit. Nobody checks again.
//   - A contract is data. The same bytes always mean the same rows, so a
//     contract's fingerprint tells whether an export must be loaded again.
//   - This package imports nothing else of the module.
package schemas
