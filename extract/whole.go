package extract

import "net/http"

// wholeTransport is for bodies that must be known to be whole.
func wholeTransport(t *http.Transport) http.RoundTripper {
	t.DisableCompression = true
	t.DisableKeepAlives = true
	return t
}
