package company

import "strings"

// Invented people get their names from these lists; any likeness is chance.

var firstNames = []string{
	"Ada", "Aiko", "Alba", "Amir", "Anders", "Anouk", "Arjun", "Astrid", "Bao", "Beatriz",
	"Bela", "Bruno", "Carmen", "Chidi", "Clara", "Dalia", "Dario", "Dilan", "Edda", "Elif",
	"Emeka", "Enzo", "Esme", "Farid", "Fatou", "Finn", "Freya", "Gita", "Goran", "Hana",
	"Hugo", "Ilse", "Imani", "Ivo", "Jarek", "Jun", "Kaia", "Kofi", "Lars", "Leila",
	"Linh", "Malik", "Mara", "Mei", "Milo", "Nadia", "Nils", "Noor", "Olga", "Omar",
	"Paola", "Petra", "Priya", "Rafael", "Rosa", "Sana", "Sven", "Tariq", "Uma", "Zofia",
	"Zoë", "Søren", "Łucja",
}

var lastNames = []string{
	"Abara", "Albrecht", "Almeida", "Anand", "Aydin", "Bakker", "Barros", "Becker", "Bianchi", "Bloom",
	"Brandt", "Cabral", "Castel", "Chen", "Corvo", "Costa", "Dahl", "Demir", "Duarte", "Eklund",
	"Engel", "Farkas", "Ferro", "Fischer", "Fontana", "Gallo", "Ganz", "Garza", "Greco", "Haas",
	"Hansen", "Hassan", "Holm", "Horvat", "Ibarra", "Ito", "Jansen", "Joshi", "Kaya", "Keller",
	"Khan", "Kimura", "Klein", "Kovac", "Kruger", "Lang", "Leone", "Lindqvist", "Lopes", "Marek",
	"Mehta", "Meyer", "Moreau", "Nakata", "Neri", "Novak", "Okafor", "Olsen", "Orlov", "Osei",
	"Patel", "Pereira", "Pohl", "Quist", "Rahman", "Reyes", "Ricci", "Romero", "Sato", "Schmid",
	"Serra", "Silva", "Sorel", "Tanaka", "Toth", "Vega", "Vogel", "Weiss", "Yilmaz", "Zeller",
	"Muñoz", "O'Neil", "van der Berg",
}

// Department is a part of the company.
type Department struct {
	Name   string
	weight int // share of the people, in percent
	titles []string
}

// Departments are all departments.
var Departments = []Department{
	{"Engineering", 30, []string{"Software Engineer", "Senior Software Engineer", "QA Engineer", "Site Reliability Engineer"}},
	{"Sales", 16, []string{"Account Executive", "Sales Engineer", "Sales Development Representative"}},
	{"Support", 12, []string{"Support Specialist", "Support Lead"}},
	{"Marketing", 9, []string{"Marketing Manager", "Content Writer", "Designer"}},
	{"Finance", 8, []string{"Accountant", "Controller", "Payroll Specialist"}},
	{"Operations", 8, []string{"Operations Analyst", "Logistics Planner"}},
	{"IT", 6, []string{"Systems Administrator", "IT Support Engineer"}},
	{"People", 5, []string{"Recruiter", "People Partner"}},
	{"Security", 3, []string{"Security Engineer", "Security Analyst"}},
	{"Legal", 3, []string{"Counsel", "Paralegal"}},
}

var locations = []string{"Lisbon", "Berlin", "Austin", "Osaka", "Nairobi"}

var serviceNames = []string{
	"backup", "build", "deploy", "etl", "monitor", "scanner", "sync", "report", "mailer", "archive",
	"metrics", "indexer", "billing", "webhook", "importer", "cleanup",
}

// mailbox is a name as the local part of an e-mail address spells it.
func mailbox(name string) string {
	return plainLetters.Replace(strings.ToLower(name))
}

var plainLetters = strings.NewReplacer("ë", "e", "ø", "o", "ł", "l", "ñ", "n", "'", "", " ", "")
