package schemas

import (
	"fmt"
	"reflect"
	"testing"
)

// What one caller does to its set reaches no other one.
func TestLoad_setsShareNothing(t *testing.T) {
	one := load(t)
	over, err := loadFiles(map[string]string{"mine.yaml": "dataset: balkanid.employees\ncolumns:\n  work_email: {from: [Mine]}\n"})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := over.Contract("balkanid.employees"); err != nil || c.Column("work_email").From[0] != "Mine" {
		t.Fatal(c, err)
	}
	other := load(t)
	if one == other || !reflect.DeepEqual(one, other) {
		t.Fatal("two loads differ, or are the same")
	}
	seen := map[uintptr]string{}
	places(reflect.ValueOf(one.Common), "common", func(at uintptr, place string) { seen[at] = place })
	for name, c := range one.contracts {
		places(reflect.ValueOf(c), name, func(at uintptr, place string) { seen[at] = place })
	}
	if len(seen) < 4000 {
		t.Fatalf("%d places", len(seen))
	}
	check := func(at uintptr, place string) {
		if of, ok := seen[at]; ok {
			t.Errorf("%s of one set is %s of the other", of, place)
		}
	}
	places(reflect.ValueOf(other.Common), "common", check)
	for name, c := range other.contracts {
		places(reflect.ValueOf(c), name, check)
		if parent := c.Parent; parent != nil && parent != other.contracts[parent.Dataset] {
			t.Errorf("%s: its parent is of another set", name)
		}
	}
}

// places calls f with what the exported fields of a value lead to.
func places(v reflect.Value, place string, f func(at uintptr, place string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			f(v.Pointer(), place)
			places(v.Elem(), place, f)
		}
	case reflect.Interface:
		places(v.Elem(), place, f)
	case reflect.Slice:
		if v.Cap() > 0 && v.Type().Elem().Size() > 0 {
			f(v.Pointer(), place)
		}
		for i := range v.Len() {
			places(v.Index(i), fmt.Sprintf("%s[%d]", place, i), f)
		}
	case reflect.Map:
		if !v.IsNil() {
			f(v.Pointer(), place)
		}
		for it := v.MapRange(); it.Next(); {
			places(it.Value(), fmt.Sprintf("%s[%v]", place, it.Key()), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				places(v.Field(i), place+"."+field.Name, f)
			}
		}
	}
}
