package main

import "bufio"

// accountNames are the columns of Oleria's accounts, in their order.
var accountNames = []string{
	"accountName", "email", "accountType", "userId", "userName", "userStatus", "applicationName", "applicationInstance", "applicationRole",
	"isAdmin", "mfaEnabled", "ssoEnabled", "hasApiAccess", "userLicenseType", "userLicenseStatus", "lastActivity", "dormantDays", "createdDate",
}

var (
	products = []string{"GitHub", "Okta", "Salesforce", "Google Workspace", "Slack", "Snowflake", "Jira", "Zendesk"}
	roles    = []string{"Owner", "Member", "Billing Manager", "Read Only", "Administrator", "Guest"}
	statuses = []string{"enabled", "enabled", "enabled", "enabled", "disabled", "suspended"}
	licences = []string{"Enterprise", "Standard", "Free"}
)

// account writes the cells of one account, each through cell. A cell that is
// plain stands without quotes in JSON.
func account(record int, differs bool, cell func(column int, value string, plain bool)) {
	p := newPerson(record / 8)
	machine := record%25 == 0
	cell(0, p.given+" "+p.family, false)
	kind := "user"
	if machine {
		kind = "machine"
	} else {
		cell(1, p.email, false)
	}
	cell(2, kind, false)
	cell(3, hex32("user", record), false)
	cell(4, p.login, false)
	status := pick("status", record, statuses)
	if differs {
		status = "locked"
	}
	cell(5, status, false)
	cell(6, products[record%8], false)
	cell(7, lower(products[record%8][:4])+"-"+string(byte('a'+draw("instance", record/8, 20)))+".example.com", false)
	if record%4 > 0 {
		cell(8, pick("role", record, roles), false)
	}
	cell(9, yesNo(record%30 == 0), true)
	cell(10, yesNo(record%7 > 0), true)
	cell(11, yesNo(record%3 > 0), true)
	cell(12, yesNo(record%11 == 0), true)
	cell(13, pick("licence", record, licences), false)
	cell(14, "assigned", false)
	if days := draw("dormant", record, 80); days < 60 {
		cell(15, moment("active", record), false)
		cell(16, digits(days), true)
	} else {
		cell(16, "90+", false)
	}
	cell(17, moment("created", record), false)
}

func yesNo(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func writeAccountsCSV(w *bufio.Writer, n int, v variant) {
	for i, name := range accountNames {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(name)
	}
	for i := range n {
		record := v.order(i, n)
		w.WriteByte('\n')
		at := 0
		account(record, v.differs(record), func(column int, value string, _ bool) {
			for ; at < column; at++ {
				w.WriteByte(',')
			}
			w.WriteString(value)
		})
	}
	w.WriteByte('\n')
}

func writeAccountsJSON(w *bufio.Writer, n int, v variant) {
	accountObjects(w, n, v, "[", ",\n", "]\n")
}

func writeAccountsLines(w *bufio.Writer, n int, v variant) { accountObjects(w, n, v, "", "\n", "\n") }

func accountObjects(w *bufio.Writer, n int, v variant, open, between, end string) {
	w.WriteString(open)
	for i := range n {
		if i > 0 {
			w.WriteString(between)
		}
		record := v.order(i, n)
		comma := byte('{')
		account(record, v.differs(record), func(column int, value string, plain bool) {
			w.WriteByte(comma)
			w.WriteString(`"` + accountNames[column] + `":`)
			if plain {
				w.WriteString(value)
			} else {
				w.WriteString(`"` + value + `"`)
			}
			comma = ','
		})
		w.WriteByte('}')
	}
	w.WriteString(end)
}
