// Package oleria speaks Oleria's download API: POST /v1/downloads with a
// context, GET /v1/downloads/{id} until it is completed, GET of the
// pre-signed URL, which lives five minutes.
//
// Facts: docs.oleria.com, pages 'Create a download request', 'Get a download
// request', 'Working with downloads', 'Generate token'. Not documented, and
// therefore configurable: token URL, audience, scope, and whether the token
// endpoint wants the credentials as form fields or by HTTP Basic.
package oleria
