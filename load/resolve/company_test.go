package resolve_test

import (
	"fmt"

	"github.com/accessmart/accessmart/load/resolve"
)

// company makes the statements of n people as three sources state them: about
// three of identities and nine and a half of accounts for each.
func company(n int, put func(kind string, s *resolve.Statement)) {
	list := make([]resolve.Identifier, 0, 4)
	id := func(pairs ...string) []resolve.Identifier {
		list = list[:0]
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, resolve.Identifier{Namespace: pairs[i], Value: pairs[i+1]})
		}
		return list
	}
	apps := []string{"okta", "google", "slack", "github"}
	for _, a := range apps {
		put("applications", &resolve.Statement{Source: "b", Dataset: "balkanid.integrations", Key: "b:application:" + a + "/1", Strength: resolve.Describes, Identifiers: id("native_id", a+"/1", "product", a)})
		put("applications", &resolve.Statement{Source: "o", Dataset: "oleria.access_inventory_application_instances_v2", Key: "o:application:" + a + "|example", Strength: resolve.Describes, Identifiers: id("product", a)})
	}
	for i := range n {
		number, mail, name := fmt.Sprint(100000+i), fmt.Sprintf("person.%d@example.com", i), fmt.Sprintf("First%d Last%d", i%977, i%7919)
		put("identities", &resolve.Statement{Source: "b", Dataset: "balkanid.employees", Key: "b:identity:" + mail, Part: number, Strength: resolve.Describes, Nature: resolve.Human, Name: name, From: resolve.NoDay, Until: resolve.NoDay, Identifiers: id("native_id", number, "employee_number", "W"+number, "email", mail)})
		put("identities", &resolve.Statement{Source: "o", Dataset: "oleria.employees", Key: "o:identity:employee|" + mail, Strength: resolve.Describes, Nature: resolve.Human, Name: name, From: resolve.NoDay, Until: resolve.NoDay, Identifiers: id("email", mail)})
		put("identities", &resolve.Statement{Source: "s", Dataset: "sailpoint.config_objects", Key: fmt.Sprintf("s:identity:%032x", i), Name: name, From: resolve.NoDay, Until: resolve.NoDay, Identifiers: id("native_id", fmt.Sprintf("%032x", i), "login", mail, "email", mail)})
		for k, a := range apps {
			if k == 3 && i%8 < 3 {
				continue
			}
			native, login := fmt.Sprintf("%s-%08x", a, i), fmt.Sprintf("person%d", i)
			put("accounts", &resolve.Statement{Source: "b", Dataset: "balkanid.entities", Key: fmt.Sprintf("b:account:%043x%d", i, k), Strength: resolve.Describes, Nature: resolve.Human, Application: "b:application:" + a + "/1", Name: name, Identifiers: id("native_id", native, "login", login, "email", mail)})
			put("accounts", &resolve.Statement{Source: "o", Dataset: "oleria.access_inventory_application_accounts_v2", Key: "o:account:" + a + "|example|" + login, Strength: resolve.Describes, Nature: resolve.Human, Application: "o:application:" + a + "|example", Name: name, Identifiers: id("native_id", native, "login", login, "email", mail)})
			if k < 2 || k == 3 {
				put("accounts", &resolve.Statement{Source: "b", Dataset: "balkanid.entitlements", Key: "b:account:" + a + "/1|" + native, Strength: resolve.Supplements, Application: "b:application:" + a + "/1", Name: name, Identifiers: id("native_id", native, "login", login, "email", mail)})
			}
		}
	}
}
