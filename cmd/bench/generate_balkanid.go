package main

import "bufio"

var (
	privileges      = []string{"pull", "push", "triage", "maintain", "admin"}
	connectionTypes = []string{"team", "group", "repository-role", "policy"}
	labels          = `"[{""source"":""brn:bid:balkanid:::01J8ZQ4Y7K3M5N6P8R9S0TAVBW:app:compute/privileged"",""version"":""20220726"",""value"":{""text"":""Privileged""},""key"":""entitlement/privileged""}]"`
)

// writeEntitlements writes BalkanID's entitlements of one integration: about
// twenty entitlements for each account, out of a set a twenty-fifth as large
// as the export.
func writeEntitlements(w *bufio.Writer, n int, v variant) {
	w.WriteString("Project,Privilege Name,Privilege Value,Email,Identity ID,Username,Name,Connection,Connection Type,Resource,Resource Type,Employee ID,Labels,Identity Type,Connection Provider,Connection Provider Type,Metadata\n")
	set := max(n/25, 1000)
	for i := range n {
		record := v.order(i, n)
		account, nth := record/20, record%20
		writeEntitlement(w, record, account, (draw("start", account, set)+nth*47)%set, v.differs(record))
	}
}

func writeEntitlement(w *bufio.Writer, record, account, e int, differs bool) {
	p := newPerson(account)
	w.WriteString("org-")
	number(w, e%40)
	w.WriteByte(',')
	w.WriteString(privileges[e%5])
	w.WriteString(",true,")
	human := account%20 != 0
	if human {
		w.WriteString(p.email)
	}
	w.WriteByte(',')
	number(w, 10_000_000+account)
	w.WriteByte(',')
	w.WriteString(p.login)
	w.WriteByte(',')
	w.WriteString(p.given + " " + p.family)
	w.WriteString(",team-")
	number(w, e/7)
	w.WriteByte(',')
	w.WriteString(pick("connection", e/7, connectionTypes))
	w.WriteString(",service-")
	number(w, e/5)
	w.WriteString(",repository,")
	if human {
		number(w, 20_000+account)
	}
	w.WriteByte(',')
	if e%5 > 2 {
		w.WriteString(labels)
	}
	if human {
		w.WriteString(",employee,")
	} else {
		w.WriteString(",service account,")
	}
	if e/7%3 == 0 {
		w.WriteString("okta,group")
	} else {
		w.WriteByte(',')
	}
	w.WriteByte(',')
	if record%3 == 0 {
		w.WriteString(`"{""lastSeen"":""`)
		stamp(w, "seen", record, ' ')
		w.WriteString(`"",""ticket"":""ACC-`)
		number(w, draw("ticket", record, 1_000_000))
		if differs {
			w.WriteString(`-b`)
		}
		w.WriteString(`""}"`)
	} else if differs {
		w.WriteString(`"{""note"":""renewed""}"`)
	}
	w.WriteByte('\n')
}

var (
	durations = []string{"68m0s", "45m0s", "480m0s", "1440m0s", ""}
	reasons   = []string{"Need to perform current job duties", "On call this week", "Covers for a colleague on leave", "Audit of the quarter", "New member of the team"}
	appSlugs  = []string{"github", "aws", "okta", "google", "jira", "salesforce", "snowflake", "slack"}
)

// writeRequests writes BalkanID's access requests: one to four items in each.
func writeRequests(w *bufio.Writer, n int, v variant) {
	w.WriteString("Request ID*,Requester*,Username*,Work Email*,Reference,Duration,Expiration Date,Provision Date,Source,Source ID,Request Type,App ID,Connection,Connection Type,Resource,Resource Type,Privilege Name,Privilege Value,Type*,Metadata*,Scheduled Date,Entity Review ID,Purpose ID,Purpose Review ID\n")
	for i := range n {
		record := v.order(i, n)
		writeRequest(w, record, v.differs(record))
	}
}

func writeRequest(w *bufio.Writer, record int, differs bool) {
	request := record * 2 / 5 // two or three items each
	boss, who := newPerson(draw("boss", request, 3000)), newPerson(draw("who", request, 60_000))
	w.WriteString(ulid("request", request))
	w.WriteString("," + boss.email + "," + who.login + "," + who.email + ",")
	if request%4 == 0 {
		w.WriteString(newPerson(draw("reference", request, 60_000)).email)
	}
	w.WriteString("," + pick("duration", record, durations) + ",")
	stamp(w, "expires", record, ' ')
	w.WriteByte(',')
	if record%3 > 0 {
		stamp(w, "provisioned", record, ' ')
	}
	w.WriteString(",okta,00u")
	number(w, draw("source", request, 1_000_000))
	if record%9 == 0 {
		w.WriteString(",revoke,")
	} else {
		w.WriteString(",grant,")
	}
	app := pick("app", record, appSlugs)
	w.WriteString(app + "/" + ulid("app", draw("app", record, len(appSlugs))))
	w.WriteString(",team-")
	number(w, record) // tells the items of a request apart
	w.WriteString(",team,")
	if record%2 == 0 {
		w.WriteString("service-")
		number(w, draw("resource", record, 5000))
		w.WriteString(",repository," + pick("privilege", record, privileges) + ",true,")
	} else {
		w.WriteString(",,,,")
	}
	w.WriteString(`employee_request,"{""integration_to_scim_payload"":{""` + app + `/214195"":{""username"":""` + who.login + `"",""firstName"":""` +
		who.given + `"",""lastName"":"""",""password"":""`)
	w.WriteString(hex32("password", record)[:16])
	w.WriteString(`""}},""reason"":""` + pick("reason", record, reasons))
	if differs {
		w.WriteString(" (again)")
	}
	w.WriteString(`"",""reference_type"":""employee""}",,`)
	w.WriteString(",")
	if record%5 == 0 {
		w.WriteString(ulid("purpose", record/50))
	}
	w.WriteString(",\n")
}
