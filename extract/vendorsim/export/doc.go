// Package export holds data in the forms that the simulated vendors deliver:
// tables as CSV, JSON or NDJSON with the damage that real exports have, and
// archives of them. It knows neither the company nor a vendor.
package export
