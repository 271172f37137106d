package schemas

import (
	"math/rand/v2"
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

func TestSecret_namesOfGroupsAreNoTokens(t *testing.T) {
	for _, in := range []string{"SG.Finance.Readers.Europe.Production", "SG.Finance-Department.Readers.Europe.Production.And-Development-2026.All-Regions",
		"sk-prague-administrators-of-all-the-databases", "sk-team-2026-administrators-prod01-emea-read-only", "sk-O365Users-AzureAD-K8sAdmins-Production-Readers",
		"hf_human_factors_engineering_readers_europe", "hf_HumanFactorsEngineeringReadersEurope", "npm_publishers_of_all_teams_in_production_2026", "npm_PublishersOfAllTeamsInProduction2026",
		"Bearer administrators-europe", "Bearer token_rotation_owners_2026", "hvs.vault.readers.production.europe", "ya29.department.readers.europe", "ghp_administrators_of_production_2026",
		"glpat-project-access-token-owners", "xoxo-team-lead-readers-europe", "sk_test_administrators_bratislava", "whsec_warehouse_security_guards", "pypi-publishers-of-all-the-teams-of-data-science-in-europe",
		"dop_v1_department_of_people_and_culture_read", "shpat_shop_administrators_template_owners", "AIzaAdministratorsOfTheZonesOfAsiaAndAfrica", "eyJafjallajokull.readers.europe.production"} {
		if got := string(HideSecrets(nil, []byte(in))); got != in || HoldsSecret([]byte(in)) {
			t.Errorf("%s is shown as %s", in, got)
		}
	}
}

// Tokens as their makers throw them, a thousand of each kind: none gets through.
func TestSecret_randomTokens(t *testing.T) {
	const hex, small, alnum, url = "0123456789abcdef", "0123456789abcdefghijklmnopqrstuvwxyz", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
	dice := rand.New(rand.NewPCG(1, 2))
	throw := func(from string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = from[dice.IntN(len(from))]
		}
		return string(b)
	}
	for range 1000 {
		for _, in := range []string{"ghp_" + throw(alnum, 36), "github_pat_" + throw(alnum, 22) + "_" + throw(alnum, 59), "glpat-" + throw(url, 20), "sk_live_" + throw(alnum, 24), "whsec_" + throw(alnum, 32),
			"sk-" + throw(alnum, 48), "sk-proj-" + throw(url, 48), "sk-" + throw(hex, 32), "sk-ant-api03-" + throw(url, 93), "npm_" + throw(alnum, 36), "hf_" + throw(alnum[10:], 34), "hf_" + throw(alnum, 34),
			"dop_v1_" + throw(hex, 64), "shpat_" + throw(hex, 32), "SG." + throw(url, 22) + "." + throw(url, 43), "SG." + throw(url, 22) + "." + throw(url, 43) + ".", "ya29." + throw(url, 60), "AIza" + throw(url, 35), "hvs." + throw(url, 90),
			"xoxb-" + throw(hex[:10], 12) + "-" + throw(hex[:10], 12) + "-" + throw(alnum, 24), "Bearer " + throw(alnum, 20), "Bearer " + throw(small, 24), "Bearer " + throw(hex, 32), "pypi-AgEIcHlwaS5vcmc" + throw(url, 80)} {
			if !HoldsSecret([]byte(in)) {
				t.Errorf("%s is shown", in)
			}
		}
	}
}

func TestSecret_harmlessValues(t *testing.T) {
	for _, x := range []struct {
		name, value string
		want        bool
	}{
		{"Authorization", "approved", true}, {"Credential", "Certificate", true}, {"Password", "Never expires", true}, {"Password", "Expired", true}, {"Password", "must change at next login", true},
		{"otp", "enabled", true}, {"Secret", "Expired", true}, {"API Key", "Read only", true}, {"pass", "annual", true}, {"credentials", "MD, PhD", true}, {"pat", "Pat Smith", true}, {"securityToken", "Yubikey 5", true},
		{"Token", "GitHub PAT", true}, {"API Tokens", "not rotated", true},
		{"Password", "hunter", false}, {"Password", "correct horse", false}, {"Passphrase", "correct horse battery staple", false}, {"securityAnswer", "Anna Maria", false}, {"secret", "blue horse", false},
		{"Boarding Pass", "blue horse", false}, {"token", "hunter", false}, {"token", "abcd efgh ijkl mnop", false}, {"otp", "123 456", false}, {"Authorization", "Basic QWxhZGRpbjpvcGVu", false}, {"Authorization", "bearer hunter", false},
		{"Authorization", "Token hunter", false}, {"credentials", "admin hunter2", false}, {"API Key", "letmein", false}, {"API Key", "xkqz brtw", false}, {"credential", "user:pass word", false}, {"token", "QwErTy UiOpAs", false},
		{"recoveryCode", "witch collapse practice", false}, {"token", "witch collapse practice feed shame open", false}, {"apiPassword", "never hunter", false},
	} {
		if got := IsHarmless([]byte(x.value), MayBePhrase([]byte(x.name))); got != x.want {
			t.Errorf("%s: %s is harmless: %v", x.name, x.value, got)
		}
	}
}
