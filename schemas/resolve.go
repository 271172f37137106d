package schemas

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

//go:embed resolve.yaml
var resolution []byte

// Resolution is the rules by which statements become things, as data. The YAML
// form explains itself; docs/linking.md says what each rule means.
type Resolution struct {
	Crowd       int            // a value that more things than this have identifies none of them
	Kinds       []*KindRules   // in the order in which they are resolved
	Owners      []JoinRule     // to whom an account belongs, strongest first
	Directories []string       // products whose logins are people's logins in the organisation
	Told        []Told         // what rows tell of things that no export lists
	Mapped      []Mapped       // where sources hide to whom an account belongs
	Besides     []string       // words of names that say nothing of who it is
	kinds       map[string]int // name -> index in Kinds
}

// Kind returns the rules of a kind by its table's name, or nil.
func (r *Resolution) Kind(table string) *KindRules {
	if i, ok := r.kinds[table]; ok {
		return r.Kinds[i]
	}
	return nil
}

// KindRules are the namespaces and rules of one kind of thing.
type KindRules struct {
	Table      string
	Namespaces []Namespace // the closed list by which statements of this kind may identify
	Join       []JoinRule  // strongest first
	Alike      []AlikeRule
}

// Namespace returns the namespace of that name, or nil.
func (k *KindRules) Namespace(name string) *Namespace {
	if i := slices.IndexFunc(k.Namespaces, func(n Namespace) bool { return n.Name == name }); i >= 0 {
		return &k.Namespaces[i]
	}
	return nil
}

// Namespace is one sort of identifier.
type Namespace struct {
	Name   string
	Within Within
	Form   Form
	One    One
}

// Within says where equal values of a namespace mean the same thing.
type Within string

const (
	WithinSource       Within = "source"
	WithinApplication  Within = "application"
	WithinProduct      Within = "product"
	WithinDirectory    Within = "directory"
	WithinOrganisation Within = "organisation"
)

// Form says how values of a namespace are compared.
type Form string

const (
	FormText     Form = "text"     // as they are
	FormCaseless Form = "caseless" // in lower case
	FormCompact  Form = "compact"  // letters and digits only, in lower case
	FormAddress  Form = "address"  // an e-mail address
	FormNumber   Form = "number"   // in lower case; never differs from one that has other leading zeros
	FormZeros    Form = "zeros"    // for alike: without leading zeros
	FormPlus     Form = "plus"     // for alike: an address without what follows a plus sign
	FormDigits   Form = "digits"   // for alike: a number without the letters and zeros before it
)

// One says that a thing has at most one value of a namespace.
type One string

const (
	OneNowhere    One = ""
	OneSource     One = "source"     // of those that one source tells
	OneEverywhere One = "everywhere" // whoever tells it
)

// JoinRule joins statements, or an account with an identity.
type JoinRule struct {
	Rule       string   `yaml:"rule"`
	By         string   `yaml:"by"`         // namespace whose equal values join
	How        How      `yaml:"how"`        // "" for equal values
	Alone      bool     `yaml:"alone"`      // only where no other thing of its source has the value
	Agree      []string `yaml:"agree"`      // of what both sides tell of these something must agree; name is the display name
	Outvoted   bool     `yaml:"outvoted"`   // between two sources that give most of the values they share to unlike things, a word of the name is not enough
	Current    bool     `yaml:"current"`    // those who left give way to those who are there
	Confidence float64  `yaml:"confidence"` // 0 to 1
}

// How is a rule that needs more than one equal value.
type How string

const (
	HowValue   How = ""
	HowRehire  How = "rehire"  // one name and address in one export, one employment after the other
	HowAlias   How = "alias"   // one address under the configuration's aliases of domains
	HowAccount How = "account" // one account that one side owns by mapping, the other by address or login
)

// AlikeRule finds pairs that no rule joins.
type AlikeRule struct {
	Look  string `yaml:"look"`
	By    string `yaml:"by"`    // a namespace, or name: display name and title
	Form  Form   `yaml:"form"`  // "" for that of the namespace
	Alone bool   `yaml:"alone"` // only where no other thing of its source has the value
	// Unless names what both sides tell: where nothing of it is the same, they are not alike.
	Unless []string `yaml:"unless"`
}

// Mapped is a member of the column attributes of accounts of a dataset that holds the native
// id of the person in the same source, in a form that is not certain.
type Mapped struct {
	Dataset string `yaml:"dataset"`
	Member  string `yaml:"member"`
}

// Told says where rows tell of a thing to which they refer by a key. Name and the values
// of Identify, by namespace, are columns of the table, or column.member of a JSON column.
type Told struct {
	Table    string            `yaml:"table"`
	Column   string            `yaml:"column"`
	Name     string            `yaml:"name"`
	Identify map[string]string `yaml:"identify"`
}

// ResolutionPrint is a fingerprint of the built-in rules, in hex: rules that differ have
// another one.
func ResolutionPrint() string {
	sum := sha256.Sum256(resolution)
	return hex.EncodeToString(sum[:])
}

// LoadResolution reads the built-in rules.
func LoadResolution() (*Resolution, error) { return decodeResolution(resolution) }

func decodeResolution(data []byte) (*Resolution, error) {
	var f struct {
		Crowd       int        `yaml:"crowd"`
		Kinds       kindRules  `yaml:"kinds"`
		Owners      []JoinRule `yaml:"owners"`
		Directories []string   `yaml:"directories"`
		Told        []Told     `yaml:"told"`
		Mapped      []Mapped   `yaml:"mapped"`
		Besides     []string   `yaml:"besides"`
	}
	if err := yaml.UnmarshalWithOptions(data, &f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("resolve.yaml: %w", plain(err))
	}
	r := &Resolution{Crowd: f.Crowd, Kinds: f.Kinds, Owners: f.Owners, Directories: f.Directories, Told: f.Told, Mapped: f.Mapped, Besides: f.Besides, kinds: map[string]int{}}
	for i, k := range r.Kinds {
		r.kinds[k.Table] = i
		if err := k.validate(); err != nil {
			return nil, fmt.Errorf("resolve.yaml: %s: %w", k.Table, err)
		}
	}
	if r.Crowd < 2 {
		return nil, fmt.Errorf("resolve.yaml: crowd: want 2 or more, found %d", r.Crowd)
	}
	return r, nil
}

func (k *KindRules) validate() error {
	known := func(name string) bool { return name == "name" || k.Namespace(name) != nil }
	for _, n := range k.Namespaces {
		if !slices.Contains([]Within{WithinSource, WithinApplication, WithinProduct, WithinDirectory, WithinOrganisation}, n.Within) {
			return fmt.Errorf("namespace %s: within %q is unknown", n.Name, n.Within)
		}
		if !slices.Contains([]Form{FormText, FormCaseless, FormCompact, FormAddress, FormNumber}, n.Form) {
			return fmt.Errorf("namespace %s: form %q is unknown", n.Name, n.Form)
		}
		if !slices.Contains([]One{OneNowhere, OneSource, OneEverywhere}, n.One) {
			return fmt.Errorf("namespace %s: one %q is unknown", n.Name, n.One)
		}
	}
	for i, j := range k.Join {
		if !slices.Contains([]How{HowValue, HowRehire, HowAlias, HowAccount}, j.How) {
			return fmt.Errorf("rule %s: how %q is unknown", j.Rule, j.How)
		}
		if j.How != HowAccount && k.Namespace(j.By) == nil {
			return fmt.Errorf("rule %s: %q is no namespace", j.Rule, j.By)
		}
		for _, a := range j.Agree {
			if !known(a) {
				return fmt.Errorf("rule %s: agree: %q is no namespace", j.Rule, a)
			}
		}
		if j.Confidence <= 0 || j.Confidence > 1 || i > 0 && j.Confidence > k.Join[i-1].Confidence && j.How == HowValue && k.Join[i-1].How == HowValue {
			return fmt.Errorf("rule %s: confidence %g is no share of one, or more than that of the rule before", j.Rule, j.Confidence)
		}
	}
	for _, a := range k.Alike {
		if !known(a.By) {
			return fmt.Errorf("alike %s: %q is no namespace", a.Look, a.By)
		}
		for _, u := range a.Unless {
			if !known(u) {
				return fmt.Errorf("alike %s: unless: %q is no namespace", a.Look, u)
			}
		}
	}
	return nil
}

type kindRules []*KindRules

func (ks *kindRules) UnmarshalYAML(n ast.Node) error {
	entries, err := pairs(n)
	if err != nil {
		return err
	}
	for _, e := range entries {
		var f struct {
			Namespaces namespaces  `yaml:"namespaces"`
			Join       []JoinRule  `yaml:"join"`
			Alike      []AlikeRule `yaml:"alike"`
		}
		if err := strict(e.Value, &f); err != nil {
			return fmt.Errorf("kind %s: %w", key(e), err)
		}
		*ks = append(*ks, &KindRules{Table: key(e), Namespaces: f.Namespaces, Join: f.Join, Alike: f.Alike})
	}
	return nil
}

type namespaces []Namespace

func (ns *namespaces) UnmarshalYAML(n ast.Node) error {
	entries, err := pairs(n)
	if err != nil {
		return err
	}
	for _, e := range entries {
		var f struct {
			Within Within `yaml:"within"`
			Form   Form   `yaml:"form"`
			One    One    `yaml:"one"`
		}
		if err := strict(e.Value, &f); err != nil {
			return fmt.Errorf("namespace %s: %w", key(e), err)
		}
		*ns = append(*ns, Namespace{Name: key(e), Within: f.Within, Form: f.Form, One: f.One})
	}
	return nil
}
