package extract

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"

	"github.com/accessmart/accessmart/schemas"
)

// silence makes e the error of a call to which no answer came. It may be
// retried, unless the other end is not one to talk to.
func silence(e *Error) *Error {
	e.transient, e.silent = true, stalled(e.Err)
	if hint := untrusted(e.Err); hint != "" {
		e.transient, e.Hint = false, hint
	} else {
		e.Failure = schemas.FailureUnreachable
	}
	e.line = printable(lineFault(e.Err))
	e.Err = shown{e.Err}
	return e
}

// lineFault is the text of an error for which no request of a source would
// get through, without what differs from one connection to the next; "" for one
// of a single answer.
func lineFault(err error) string {
	var op *net.OpError
	var name *net.DNSError
	switch {
	case errors.As(err, &name):
		return name.Error()
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"):
		if op.Addr == nil {
			return op.Op + ": " + op.Err.Error()
		}
		return op.Op + " " + op.Addr.String() + ": " + op.Err.Error()
	case untrusted(err) != "", stalled(err):
		return err.Error()
	}
	return ""
}

// stalled reports whether all that was known of the other end is time that
// passed. A connection that is refused or reset costs none.
func stalled(err error) bool {
	var late net.Error
	return errors.Is(err, errStalled) || errors.Is(err, errDeadline) || errors.As(err, &late) && late.Timeout()
}

// untrusted says what to do about a server that does not prove to be the one
// asked for; "" for all other errors.
func untrusted(err error) string {
	var (
		verify  *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		header  tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &host):
		return "the certificate is for another host: correct the host in the source's URL; nothing was sent to this one"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate is not valid at this time: check the clock of this machine, else tell the vendor; nothing was sent"
	case errors.As(err, &unknown), errors.As(err, &invalid), errors.As(err, &verify):
		return "the certificate is not one that this machine trusts: where a proxy opens TLS, install its CA on this machine; nothing was sent"
	case errors.As(err, &header), errors.Is(err, http.ErrSchemeMismatch):
		return "the port does not speak TLS: check scheme and port of the source's URL; nothing was sent"
	}
	return ""
}
