package schemas

import (
	"maps"
	"reflect"
	"slices"
)

// copied is a set with contracts of its own, whose fields can be set: [Set.complete] sets no
// more than those, and those of the emits.
func (s *Set) copied() *Set {
	out := *s
	out.contracts = make(map[string]*Contract, len(s.contracts))
	for name, c := range s.contracts {
		own := *c
		own.Emit = slices.Clone(c.Emit)
		out.contracts[name] = &own
	}
	out.shared, out.sharedIn = maps.Clone(s.shared), maps.Clone(s.sharedIn)
	return &out
}

// clone is a set of which nothing that another package can reach is shared with s.
func (s *Set) clone() *Set {
	out := *s
	k := cloner{}
	out.Common = k.of(reflect.ValueOf(s.Common)).Interface().(*Common)
	out.contracts = make(map[string]*Contract, len(s.contracts))
	for name, c := range s.contracts {
		out.contracts[name] = k.of(reflect.ValueOf(c)).Interface().(*Contract)
	}
	return &out
}

// cloner copies values with all that they lead to: a pointer that occurs twice, such as that to
// a parent, leads to one copy. What is in fields that are not exported is shared, as it is not
// changed once a set is loaded.
type cloner map[any]reflect.Value

func (k cloner) of(v reflect.Value) reflect.Value {
	if !leads(v.Type()) {
		return v
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		if done, ok := k[v.Interface()]; ok {
			return done
		}
		out := reflect.New(v.Type().Elem())
		k[v.Interface()] = out
		out.Elem().Set(k.of(v.Elem()))
		return out
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		return k.of(v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(k.of(v.Index(i)))
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(it.Key(), k.of(it.Value()))
		}
		return out
	}
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && leads(f.Type) {
			out.Field(i).Set(k.of(v.Field(i)))
		}
	}
	return out
}

// leads reports whether a copy of a value of the type shares something with it.
func leads(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map, reflect.Struct:
		return true
	}
	return false
}
