package export

import "testing"

func TestHeaders_spell(t *testing.T) {
	for _, tc := range []struct {
		h          Headers
		name, want string
	}{
		{"", "dormantDays", "dormantDays"}, {"", "Work Email*", "Work Email*"},
		{Snake, "dormantDays", "dormant_days"}, {Snake, "Work Email*", "work_email"}, {Snake, "Tenant ID", "tenant_id"}, {Snake, "userID", "user_id"},
		{Labels, "dormantDays", "Dormant Days"}, {Labels, "employee_name", "Employee Name"},
		{Odd, "email", "Corporate mail"}, {Odd, "employeeType", "Worker Sort"}, {Odd, "ID", "Id"}, {Odd, "dormantDays", "Dormant Days"},
		{Odd, "*", "*"},
	} {
		if got := tc.h.spell(tc.name); got != tc.want {
			t.Errorf("%s of %q is %q, want %q", tc.h, tc.name, got, tc.want)
		}
	}
	var h Headers
	if err := h.Set("shouting"); err == nil || h != "" {
		t.Errorf("%q is no way to call columns", h)
	}
}

// All ways name as many columns, each otherwise.
func TestHeaders_tellColumnsApart(t *testing.T) {
	names := []string{"email", "managerEmail", "employeeName", "employeeType", "status", "startDate", "name", "department", "groupName", "userName", "userType"}
	for _, h := range []Headers{Snake, Labels, Odd} {
		seen := map[string]bool{}
		for _, n := range names {
			seen[h.spell(n)] = true
		}
		if len(seen) != len(names) {
			t.Errorf("%s: %v", h, seen)
		}
	}
}
