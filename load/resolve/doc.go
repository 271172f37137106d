// Package resolve decides which statements of exports are about one thing, and
// who an account belongs to. It knows neither DuckDB nor files: statements are
// added, [Resolver.Resolve] answers.
//
// The rules are data ([schemas.Resolution]). The answer depends on the
// statements, the user's links and the links of the run before, and on nothing
// else: not on the order in which they were added. docs/linking.md says what
// each rule does, and why.
package resolve
