package schemas

import "testing"

func TestSecret_names(t *testing.T) {
	for _, name := range []string{"password", "PASSWORD", "apiPassword", "api_password", "API Password*", "authenticationPassword", "passwd", "pwd", "db.pwd", "secret", "clientSecret",
		"client-secret", "token", "accessToken", "refresh_token", "apikey", "apiKey", "API Key", "x-api-key", "private key", "privateKey", "passphrase", "Credential", "credentials",
		"passwordHash", "tokenValue", "password1", "password_2", "newPassword", "passwordNew", "passwordConfirmation", "Authorization", "bearerToken", "connectionString", "secrets", "API Tokens",
		"awsSecretAccessKey", "object.connector.password", "password#2", "ПарольPassword"} {
		if !IsSecretName([]byte(name)) {
			t.Errorf("%q is not taken for a secret", name)
		}
		if !NamesSecret([]byte(name)) && name != "x-api-key" {
			t.Errorf("a text with %q is not taken for one of a secret", name)
		}
	}
	for _, name := range []string{"", "key", "keys", "value", "text", "name", "lastPasswordChange", "passwordPolicy", "password_last_set", "tokenType", "tokenExpiry", "secretName", "secretary",
		"accessKeyId", "primaryKey", "publicKey", "account_key", "monkey", "description", "department", "credentialId", "keyword", "passwordChangedAt", "hasPasswordSet", "id", "x"} {
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
	for _, w := range append(append([]string{}, secretEnds...), "passwordhash", "tokenvalue", "pwd", "PWD", "Token", "TOKENS", "secretbase64", "pwdold") {
		if !mayEndSecret([]byte(w)) {
			t.Errorf("%q is passed over", w)
		}
	}
}
