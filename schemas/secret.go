package schemas

import (
	"bytes"
	"regexp"
	"slices"
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
serviceaccountkey
hmackey
recoverykey
recoverycode
backupcode
securityanswer
secretanswer
secretquestionanswer
seedphrase
otpseed
cookie
sasurl
sasuri
userpass
dbpass
adminpass
rootpass
bindpass
temppass
initialpass
userpw
dbpw
adminpw
temppw
initialpw
passwort
kennwort
wachtwoord
motdepasse
contraseña
contrasena
senha
lösenord
losenord
adgangskode
salasana
hasło
пароль
密码
密碼
パスワード
비밀번호
`

// secretWords are secrets only as the last word of a name, which begins with a
// capital or behind what is no letter: userPass and temp_pw, but no compass.
const secretWords = `
pass
pw
pin
pat
sas
otp
totp
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
string
binary
pem
seed
initial
temp
temporary
current
repeat
foruser
`

var (
	secretEnds = strings.Fields(secretNames)
	secretTail = strings.Fields(secretTails)
	shortWords = strings.Fields(secretWords)
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
	if s != "" && s[len(s)-1] >= 0x80 {
		s = strings.ToLower(s)
	}
	if s == "" {
		return false, false
	}
	if endsSecret(s) || endsInWord(name) {
		return true, false
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

// endsInWord tells whether the last word of a name, but for what may follow, is
// one of shortWords.
func endsInWord(name []byte) bool {
	for range 3 {
		end := len(name)
		for end > 0 && !isLetter(name[end-1]) {
			end--
		}
		start := end
		for start > 0 && isLetter(name[start-1]) && (start == end || isCapital(name[start-1]) == isCapital(name[end-1])) {
			start--
		}
		if start > 0 && start < end && !isCapital(name[start]) && isCapital(name[start-1]) {
			start--
		}
		word := strings.ToLower(string(name[start:end]))
		if slices.Contains(shortWords, word) {
			return !bytes.EqualFold(bytes.TrimRight(name[:start], "-_ "), []byte("by")) // to bypass
		}
		if !slices.Contains(secretTail, word) {
			return false
		}
		name = name[:start]
	}
	return false
}

func isCapital(c byte) bool { return c >= 'A' && c <= 'Z' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 }

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

// secretLast has, for the last letter of a name and the one before it, a bit
// for each letter that may stand before those in the name of a secret, and above
// these the length from which on it may be one: the first look at a name, which
// settles most.
var secretLast = func() (last [32][26]uint32) {
	mark := func(w string, length int) {
		n := len(w)
		a, b := w[n-1], w[n-2]
		if a >= 0x80 || b >= 0x80 {
			return // which is looked at closely
		}
		at := &last[a&31][b-'a']
		if *at == 0 || int(*at>>26) > length {
			*at = *at&(1<<26-1) | uint32(length)<<26
		}
		if n > 2 && w[n-3] < 0x80 {
			*at |= 1 << (w[n-3] - 'a')
		} else {
			*at |= 1<<26 - 1
		}
	}
	for _, w := range slices.Concat(secretEnds, shortWords) {
		mark(w, len(w))
		mark(w+"s", len(w)+1)
	}
	for _, w := range secretTail {
		mark(w, len(w)+len("pw"))
	}
	return last
}()

// mayEndSecret is false for most names that are none of secrets.
func mayEndSecret(name []byte) bool {
	n := len(name)
	if n < 3 {
		return n == 2 && name[0]|0x20 == 'p' && name[1]|0x20 == 'w'
	}
	a, b, c := name[n-1]|0x20, name[n-2]|0x20, name[n-3]|0x20
	if a >= 'a' && a <= 'z' && b >= '0' && b <= '9' {
		return false // as many ids end, and no word of ours
	}
	if a < 'a' || a > 'z' || b < 'a' || b > 'z' {
		return true // a digit, or something that does not count
	}
	x := secretLast[a&31][b-'a']
	if c < 'a' || c > 'z' {
		return x != 0 && n >= int(x>>26)
	}
	return x>>(c-'a')&1 == 1 && n >= int(x>>26)
}

// secretStems are in each text that names a secret, in lower case.
var secretStems = []string{"passw", "passphrase", "passcode", "pwd", "secret", "token", "credential", "authorization", "bearer", "connectionstring", "connection string", "connection_string",
	"apikey", "privatekey", "accesskey", "encryptionkey", "signingkey", "masterkey", "sharedkey", "symmetrickey", "sshkey", "clientkey", "authkey", "storagekey", "subscriptionkey",
	"api key", "api_key", "api-key", "private key", "private_key", "private-key", "access key", "access_key", "access-key",
	"encryption_key", "signing_key", "master_key", "shared_key", "ssh_key", "client_key", "auth_key", "storage_key"}

// escapedLetter is how JSON may spell a letter.
var escapedLetter = regexp.MustCompile(`\\+u[0-9a-fA-F]{4}`)

// NamesSecret tells whether a text that is no record or no JSON may hold a
// secret, by any name of one in it or by its form.
func NamesSecret(text []byte) bool {
	plain := escapedLetter.ReplaceAllStringFunc(string(text), func(escape string) string {
		c, _ := strconv.ParseUint(escape[len(escape)-4:], 16, 16)
		return string(rune(c))
	})
	if within([]byte(strings.ReplaceAll(plain, `\`, ""))) {
		return true
	}
	low := strings.ToLower(plain)
	for _, stem := range secretStems {
		if strings.Contains(low, stem) {
			return true
		}
	}
	for at := 0; ; {
		i := strings.IndexAny(plain[at:], ":=\"")
		if i < 0 {
			return false
		}
		if at += i + 1; IsSecretName(nameBefore(plain[max(at-1-2*longestName, 0) : at-1])) {
			return true
		}
	}
}

// nameBefore is the name at the end of a text, without quotes and blanks behind it.
func nameBefore(text string) []byte {
	end := len(text)
	for end > 0 && strings.IndexByte("\"'\\ \t", text[end-1]) >= 0 {
		end--
	}
	start := end
	for start > 0 && end-start < longestName && (isLetter(text[start-1]) || text[start-1] >= '0' && text[start-1] <= '9' || strings.IndexByte("_-. ", text[start-1]) >= 0) {
		start--
	}
	return []byte(text[start:end])
}
