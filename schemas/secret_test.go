package schemas

import (
	"strings"
	"testing"
)

func TestSecret_names(t *testing.T) {
	for _, name := range []string{"password", "PASSWORD", "apiPassword", "api_password", "API Password*", "authenticationPassword", "passwd", "pwd", "db.pwd", "secret", "clientSecret",
		"client-secret", "token", "accessToken", "refresh_token", "apikey", "apiKey", "API Key", "x-api-key", "private key", "privateKey", "passphrase", "Credential", "credentials",
		"passwordHash", "tokenValue", "password1", "password_2", "newPassword", "passwordNew", "passwordConfirmation", "Authorization", "bearerToken", "connectionString", "secrets", "API Tokens",
		"pass", "PASS", "userPass", "initialPass", "temp_pw", "Temp Pass", "db_pw", "Initial PW", "pw", "Kennwort", "Passwort", "contraseña", "Contraseña", "mot de passe", "motDePasse", "wachtwoord",
		"privateKeyPem", "SecretString", "PAT", "githubPAT", "github_pat", "sas", "otp seed", "totpSeed", "client_secret_value", "Password (initial)", "passwordForUser", "secretQuestionAnswer", "cookie",
		"Set-Cookie", "pin", "userPin", "senha", "Пароль", "пароль", "密码", "recovery codes", "pass_1", "connectionStrings", "urn:ietf:params:scim:schemas:core:2.0:User:password",
		"awsSecretAccessKey", "object.connector.password", "password#2", "ПарольPassword"} {
		if !IsSecretName([]byte(name)) {
			t.Errorf("%q is not taken for a secret", name)
		}
		if !NamesSecret([]byte(name)) && !NamesSecret([]byte(`{"`+name+`": "x"`)) {
			t.Errorf("a text with %q is not taken for one of a secret", name)
		}
	}
	for _, name := range []string{"", "key", "keys", "value", "text", "name", "lastPasswordChange", "passwordPolicy", "password_last_set", "tokenType", "tokenExpiry", "secretName", "secretary",
		"accessKeyId", "primaryKey", "publicKey", "account_key", "monkey", "description", "department", "credentialId", "keyword", "passwordChangedAt", "hasPasswordSet", "id", "x",
		"passport", "pass_rate", "passRate", "compass", "Compass", "patient", "pattern", "bypass", "by_pass", "byPass", "path", "filePath", "format", "surpass", "spin", "admin", "login", "domain",
		"lastLoginAt", "createdAt", "pinned", "stringValue", "query string", "seed", "binary", "initial", "laptop", "Texas", "sasl", "cookiePolicy", "passedAt", "class", "COMPASS", "password_initialised"} {
		if IsSecretName([]byte(name)) {
			t.Errorf("%q is taken for a secret", name)
		}
	}
	if IsSecretPlural([]byte("password")) || !IsSecretPlural([]byte("API Tokens")) {
		t.Error("several secrets are not told from one")
	}
}

// The first look at a name must let all of them through.
func TestSecret_firstLook(t *testing.T) {
	for _, w := range append(append(append([]string{}, secretEnds...), shortWords...), "Temp PW", "db.pin", "passwordhash", "tokenvalue", "pwd", "PWD", "Token", "TOKENS", "secretbase64", "pwdold") {
		if !mayEndSecret([]byte(w)) {
			t.Errorf("%q is passed over", w)
		}
	}
}

func TestSecret_values(t *testing.T) {
	long := strings.Repeat("a1B2c3D4", 5)
	for in, want := range map[string]string{
		"https://user:pw@host/x?y=1":                                             "https://user:***@host/x?y=1",
		"see ftp://u:p%40x@h.example:21/ there":                                  "see ftp://u:***@h.example:21/ there",
		"postgres://app:p@ss@db:5432/x":                                          "postgres://app:***@db:5432/x",
		"-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----":    "***",
		"key: -----BEGIN PRIVATE KEY-----MII":                                    "key: ***",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln":                          "***",
		"Authorization: Bearer " + long:                                          "Authorization: ***",
		"bearer " + long + " x":                                                  "*** x",
		"ghp_" + long:                                                            "***",
		"token ghp_" + long + ", then":                                           "token ***, then",
		"github_pat_" + long:                                                     "***",
		"xoxb-123456789012-abcdef":                                               "***",
		"sk_live_" + long:                                                        "***",
		"glpat-" + long:                                                          "***",
		"https://github.com/x?t=ghp_" + long:                                     "https://github.com/x?t=***",
		"https://" + "ghp_" + long + "@h/x":                                      "https://***@h/x",
		"https://hooks.slack.com/services/T0/B0/" + long:                         "***",
		"https://b.example/c?sv=1&sig=abc%2Fdef&se=2":                            "https://b.example/c?sv=1&sig=***&se=2",
		"https://s3/x?X-Amz-Signature=abcdef0123&y=2":                            "https://s3/x?X-Amz-Signature=***&y=2",
		"Server=db;User Id=app;Password=hunter22;Encrypt=true":                   "Server=db;User Id=app;Password=***;Encrypt=true",
		"DefaultEndpointsProtocol=https;AccountName=x;SharedAccessKey=abcd12345": "DefaultEndpointsProtocol=https;AccountName=x;SharedAccessKey=***",
	} {
		if got := string(HideSecrets(nil, []byte(in))); got != want || !HoldsSecret([]byte(in)) {
			t.Errorf("%s is shown as %s", in, got)
		}
	}
	for _, in := range []string{"", "https://host/a@b", "https://host:8080/x", "https://user@host/", "git@github.com:org/repo.git", "ssh://git@host:22/x", "mailto:a@b.example", "https://u:***@h/",
		"-----BEGIN CERTIFICATE-----MII", "-----BEGIN PUBLIC KEY-----MII", "--------------------", "eyJ", "eyJhbGciOiJIUzI1NiJ9", "eyJerusalem.example.org", "Bearer of the ring and more", "ghp_short",
		"risk-assessment-reviewers-group-of-all-the-teams", "task-force-of-the-department-of-things-to-do", "sk-team-administrators-read-only", "xoxo", "brn:bid:balkanid:::t:identity:00000000-0000-0000-0000-000000000001",
		"2026-11-29T13:00:00Z", "arn:aws:iam::123456789012:role/x", "cn=Ann Lee,ou=People,dc=example,dc=com", "AKIAIOSFODNN7EXAMPLE", "npm_install_and_run", "token=abc", "a=b", "hf_team", "=password", "desk-",
		"https://host/path:with@at", "time 12:30 @ office", "count(*) = 1", "maxToken=5", "https://idp.example/scim/v2/Users?filter=userName eq x"} {
		if got := string(HideSecrets(nil, []byte(in))); got != in || HoldsSecret([]byte(in)) {
			t.Errorf("%s is shown as %s", in, got)
		}
	}
}
