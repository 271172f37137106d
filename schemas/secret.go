package schemas

import (
	"regexp"
	"strconv"
	"strings"
)

// Names under which vendors keep what opens doors. A value under such a name is
// never stored, wherever in an export it stands, unless the contract says in
// Plain that it is none.

// secretNames are compared with the end of a name in lower case, of which only
// letters and digits count: apiPassword, api_password and "API Password" are one.
const secretNames = `
password
passwd
passphrase
passcode
pwd
secret
token
credential
apikey
privatekey
secretkey
accesskey
encryptionkey
signingkey
masterkey
sharedkey
symmetrickey
sshkey
clientkey
authkey
storagekey
subscriptionkey
authorization
bearer
connectionstring
`

// secretTails may follow: passwordHash, tokenValue, password1.
const secretTails = `
value
values
text
hash
plain
plaintext
cleartext
encrypted
old
new
confirm
confirmation
`

var (
	secretEnds = strings.Fields(secretNames)
	secretTail = strings.Fields(secretTails)
)

// IsSecretName tells whether a value under this name, a header or a key inside
// JSON, is taken for a secret. lastPasswordChange, tokenType and passwordPolicy
// are names of something else.
func IsSecretName(name []byte) bool {
	secret, _ := secretName(name)
	return secret
}

// IsSecretPlural tells whether the name is that of several secrets, such as
// "API Tokens": a number there counts them.
func IsSecretPlural(name []byte) bool {
	_, several := secretName(name)
	return several
}

const longestName = 64

func secretName(name []byte) (secret, several bool) {
	if !mayEndSecret(name) {
		return false, false
	}
	// Only the end counts.
	if len(name) > longestName {
		name = name[len(name)-longestName:]
	}
	var buf [longestName]byte
	low := buf[:0]
	for _, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			low = append(low, c+'a'-'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 0x80:
			low = append(low, c)
		}
	}
	s := strings.TrimSuffix(withoutNumber(string(low)), "base") // of base64
	if s == "" {
		return false, false
	}
	for _, tail := range tailsBy[s[len(s)-1]] {
		if head, ok := strings.CutSuffix(s, tail); ok {
			s = withoutNumber(head)
			break
		}
	}
	one, plural := strings.CutSuffix(s, "s")
	switch {
	case endsSecret(s):
		return true, false
	case plural && endsSecret(one):
		return true, true
	}
	return false, false
}

// withoutNumber is s without the digits at its end.
func withoutNumber(s string) string {
	for s != "" && s[len(s)-1] >= '0' && s[len(s)-1] <= '9' {
		s = s[:len(s)-1]
	}
	return s
}

func endsSecret(s string) bool {
	if s == "" {
		return false
	}
	for _, end := range endsBy[s[len(s)-1]] {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

// endsBy and tailsBy are those words by their last letter.
var endsBy, tailsBy = byLast(secretEnds), byLast(secretTail)

func byLast(words []string) (out [256][]string) {
	for _, w := range words {
		out[w[len(w)-1]] = append(out[w[len(w)-1]], w)
	}
	return out
}

// secretLast has, for the last letter of a name and the one before it, the
// length from which on the name may be that of a secret, or 0: the first look
// at a name, which settles most.
var secretLast = func() (last [256][26]uint8) {
	mark := func(w string, length int) {
		a, b := w[len(w)-1], w[len(w)-2]
		for _, c := range []byte{a, a - 'a' + 'A'} {
			if have := last[c][b-'a']; have == 0 || int(have) > length {
				last[c][b-'a'] = uint8(length)
			}
		}
	}
	for _, w := range secretEnds {
		mark(w, len(w))
		mark(w+"s", len(w)+1)
	}
	for _, w := range secretTail {
		mark(w, len(w)+len("pwd"))
	}
	return last
}()

// mayEndSecret is false for most names that are none of secrets.
func mayEndSecret(name []byte) bool {
	n := len(name)
	if n < 3 {
		return false
	}
	a, b := name[n-1], name[n-2]|0x20
	if a|0x20 < 'a' || a|0x20 > 'z' || b < 'a' || b > 'z' {
		return true // a digit, or something that does not count
	}
	least := int(secretLast[a][b-'a'])
	return least > 0 && n >= least
}

// secretStems are in each text that names a secret, in lower case.
var secretStems = []string{"passw", "passphrase", "passcode", "pwd", "secret", "token", "credential", "authorization", "bearer", "connectionstring", "connection string", "connection_string",
	"apikey", "privatekey", "accesskey", "encryptionkey", "signingkey", "masterkey", "sharedkey", "symmetrickey", "sshkey", "clientkey", "authkey", "storagekey", "subscriptionkey",
	"api key", "api_key", "api-key", "private key", "private_key", "private-key", "access key", "access_key", "access-key",
	"encryption_key", "signing_key", "master_key", "shared_key", "ssh_key", "client_key", "auth_key", "storage_key"}

// escapedASCII is how JSON may spell a letter.
var escapedASCII = regexp.MustCompile(`\\+u00[2-7][0-9a-fA-F]`)

// NamesSecret tells whether a text that is no record or no JSON may hold a
// secret, by any name of one in it.
func NamesSecret(text []byte) bool {
	low := strings.ToLower(escapedASCII.ReplaceAllStringFunc(string(text), func(escape string) string {
		c, _ := strconv.ParseUint(escape[len(escape)-2:], 16, 8)
		return string(rune(c))
	}))
	for _, stem := range secretStems {
		if strings.Contains(low, stem) {
			return true
		}
	}
	return false
}
