package transform

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// entitlementsCSV is n records of the shape of BalkanID's entitlements.
func entitlementsCSV(n int) string {
	var b strings.Builder
	b.WriteString("Project,Privilege Name,Privilege Value,Email,Identity ID,Username,Name,Connection,Connection Type,Resource,Resource Type,Employee ID,Labels,Identity Type,Connection Provider,Connection Provider Type,Metadata,Timestamp\n")
	for i := range n {
		fmt.Fprintf(&b, "org-%d,pull,true,Person.%d@example.com,%08d,user%d,Person Number %d,read,repository-role,repository-%d,repository,,\"[{\"\"key\"\":\"\"entitlement/privileged\"\",\"\"value\"\":{\"\"text\"\":\"\"Privileged\"\"}}]\",human,,,\"{\"\"note\"\":\"\"x%d\"\"}\",2024-04-27 06:33:31 +0000 UTC\n",
			i%7, i, i+1, i, i, i%1000, i)
	}
	return b.String()
}

const entitlementsContract = `
columns:
  project: {from: [Project], type: text}
  privilege_name: {from: [Privilege Name], type: text}
  privilege_value: {from: [Privilege Value], type: bool}
  email: {from: [Email], type: email}
  identity_id: {from: [Identity ID], type: text}
  username: {from: [Username], type: text}
  name: {from: [Name], type: text}
  connection: {from: [Connection], type: text}
  connection_type: {from: [Connection Type], type: text}
  resource: {from: [Resource], type: text}
  resource_type: {from: [Resource Type], type: text}
  employee_id: {from: [Employee ID], type: text}
  labels: {from: [Labels], type: json}
  identity_type: {from: [Identity Type], type: text}
  provider: {from: [Connection Provider], type: text}
  provider_type: {from: [Connection Provider Type], type: text}
  metadata: {from: [Metadata], type: json}
  at: {from: [Timestamp], type: timestamp}
emit:
  - table: grants
    when: {privilege_value: "true"}
    set:
      grant_key: {key: grant, of: [project, identity_id, connection, resource, privilege_name]}
      principal_kind: {const: account}
      principal_key: {key: account, of: [identity_id]}
      target_kind: {const: resource}
      target_key: {key: resource, of: [resource_type, resource]}
      privilege: privilege_name
      granted_at: at
      attributes: {object: [connection, connection_type]}
  - table: accounts
    set:
      account_key: {key: account, of: [identity_id]}
      email: email
      username: username
      kind: {column: identity_type, values: {human: human}}
`

// accountsJSON is n records of the shape of Oleria's accounts.
func accountsJSON(n int, open, between, end string) string {
	var b strings.Builder
	b.WriteString(open)
	for i := range n {
		if i > 0 {
			b.WriteString(between)
		}
		fmt.Fprintf(&b, `{"accountName":"Account %d","email":"person.%d@example.com","accountType":"user","userId":"%032d","userName":"user%d","userStatus":"enabled","applicationName":"GitHub","applicationInstance":"github-main","isAdmin":false,"mfaEnabled":true,"dormantDays":%d,"createdDate":"2024-02-28T12:32:16.235468Z","attributes":{"location":"Berlin","groups":["a","b"],"note":"line\nbreak"}}`, i, i, i+1, i, i%90)
	}
	b.WriteString(end)
	return b.String()
}

const accountsContract = `
format: json
columns:
  account_name: {from: [accountName], type: text}
  email: {from: [email], type: email}
  account_type: {from: [accountType], type: text}
  user_id: {from: [userId], type: text}
  user_name: {from: [userName], type: text}
  user_status: {from: [userStatus], type: text}
  application: {from: [applicationName], type: text}
  instance: {from: [applicationInstance], type: text}
  is_admin: {from: [isAdmin], type: bool}
  mfa: {from: [mfaEnabled], type: bool}
  dormant_days: {from: [dormantDays], type: int}
  created: {from: [createdDate], type: timestamp}
  attributes: {from: [attributes], type: json}
`

func benchFrame(b *testing.B, yaml, data string) {
	c, common := contract(b, yaml)
	o := Options{Source: "demo"}.withDefaults()
	p, err := newProgram(context.Background(), c, common, nil, o)
	if err != nil {
		b.Fatal(err)
	}
	in := input(data)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		err := p.walk(context.Background(), &in, func(tx *text) error {
			n := int64(0)
			src, err := p.frame(context.Background(), tx, &n, func(...schemas.Drift) {})
			if err != nil {
				return err
			}
			defer src.close()
			for {
				f := &stretch{}
				err := src.next(f)
				framed{frame: f}.release(p)
				if err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFrameCSV(b *testing.B) { benchFrame(b, entitlementsContract, entitlementsCSV(100_000)) }

func BenchmarkFrameJSON(b *testing.B) {
	b.Run("array", func(b *testing.B) { benchFrame(b, accountsContract, accountsJSON(100_000, "[", ",", "]")) })
	b.Run("lines", func(b *testing.B) { benchFrame(b, accountsContract, accountsJSON(100_000, "", "\n", "")) })
}

func BenchmarkTransform(b *testing.B) {
	for name, tc := range map[string][2]string{
		"CSV":  {entitlementsContract, entitlementsCSV(100_000)},
		"JSON": {accountsContract, accountsJSON(100_000, "[", ",", "]")},
	} {
		b.Run(name, func(b *testing.B) {
			c, common := contract(b, tc[0])
			b.SetBytes(int64(len(tc[1])))
			b.ReportAllocs()
			for b.Loop() {
				s, err := Open(context.Background(), c, common, []Input{input(tc[1])}, Options{Source: "demo"})
				if err != nil {
					b.Fatal(err)
				}
				for _, err := range s.Batches {
					if err != nil {
						b.Fatal(err)
					}
				}
				if s.Counts().Loaded != 100_000 {
					b.Fatal(s.Counts())
				}
			}
		})
	}
}
